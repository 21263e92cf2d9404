using Microsoft.Data.Sqlite;
using Vault.Adapters.Disk;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.Sqlite;

/// <summary>Restores into a hidden file beside the target, checks it, and puts it in the target's place in one transaction.</summary>
internal sealed class SqliteRestore(EngineOptions options)
{
    private const int CopyBytes = 1024 * 1024;
    private static readonly string[] SideFiles = ["", "-wal", "-shm", "-journal"];

    public RestorePlan Plan(RestoreRequest request)
    {
        var target = Path.GetFullPath(request.Database);
        var isThere = File.Exists(target);
        var kept = isThere ? FreeName($"{target}.before-{options.Clock.GetUtcNow():yyyyMMdd-HHmmss}") : null;
        var checks = new List<CheckLine>();
        var problem = SqliteTarget.Check(request, options.ForbiddenFolders) ?? TargetProblem(target, isThere) ?? SpaceProblem(request.Origin, target, isThere, checks);
        if (problem is not null) checks.Add(new CheckLine(CheckState.Bad, problem.Message));
        return new RestorePlan(isThere ? RestoreAction.Replace : RestoreAction.CreateNew, Steps(target, ShadowOf(request), kept), checks, kept, problem);
    }

    public async Task<RestoreOutcome> RunAsync(RestoreRequest request, Stream dump, IRunLog log, CancellationToken cancel)
    {
        var plan = await Task.Run(() => Plan(request), cancel);
        if (plan.Problem is { } forbidden) throw new ProblemException(forbidden);
        var (target, shadow) = (Path.GetFullPath(request.Database), ShadowOf(request));
        var isPlaced = false;
        try
        {
            log.Phase("Restoring");
            await WriteAsync(dump, shadow, request.Origin.SizeBytes, log, cancel);
            await Task.Run(() => CheckShadow(shadow, log), cancel);
            cancel.ThrowIfCancellationRequested();
            log.Phase("Swapping in");
            await Task.Run(() => Place(shadow, target, plan.KeptAs), CancellationToken.None);
            isPlaced = true;
            log.Write(LogLevel.Info, plan.KeptAs is null ? $"\"{target}\" is there." : $"\"{target}\" is replaced; the old content is kept as \"{plan.KeptAs}\".");
            return new RestoreOutcome(plan.KeptAs);
        }
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw SqliteOpening.Translate(error, target);
        }
        finally
        {
            CleanUp(request);
            if (!isPlaced && plan.KeptAs is not null) File.Delete(plan.KeptAs);
        }
    }

    public static List<string> CleanUp(RestoreRequest request)
    {
        var removed = new List<string>();
        foreach (var file in SideFiles.Select(side => ShadowOf(request) + side).Where(File.Exists))
        {
            File.Delete(file);
            removed.Add($"the hidden file \"{file}\"");
        }

        return removed;
    }

    private static string FreeName(string name)
    {
        var free = name;
        for (var number = 2; File.Exists(free); number++) free = $"{name}-{number}";
        return free;
    }

    private static string ShadowOf(RestoreRequest request) =>
        $"{Path.GetFullPath(request.Database)}.vault-restore-{request.RunId.ToString("N")[..12]}";

    private static Problem? TargetProblem(string target, bool isThere)
    {
        var folder = Path.GetDirectoryName(target);
        if (folder is null || !Directory.Exists(folder))
            return new("target-folder-missing", $"The folder of \"{target}\" does not exist.", "Create it, or choose another file.");
        if (!isThere) return null;
        try
        {
            using var connection = SqliteOpening.Open(target);
            connection.Scalar<long>("SELECT count(*) FROM sqlite_schema");
            return null;
        }
        catch (Exception error) when (error is ProblemException or SqliteException)
        {
            return SqliteOpening.Translate(error, target).Problem;
        }
    }

    private static Problem? SpaceProblem(DumpOrigin origin, string target, bool isThere, List<CheckLine> checks)
    {
        var oldBytes = isThere ? new FileInfo(target).Length : 0;
        // The hidden file, the copy of the old one, and the journal of the swap.
        var neededBytes = (origin.SizeBytes ?? 0) * (isThere ? 2 : 1) + (oldBytes * 2);
        var freeBytes = new DriveInfo(Path.GetDirectoryName(target)!).AvailableFreeSpace;
        if (freeBytes < neededBytes)
            return new("target-full", $"The disk of \"{target}\" has {freeBytes / 1_000_000} MB free, and the restore needs {neededBytes / 1_000_000} MB.",
                "Free space, or restore to another disk.");
        checks.Add(new CheckLine(CheckState.Good, $"{freeBytes / 1_000_000} MB are free, about {neededBytes / 1_000_000} MB are needed."));
        return null;
    }

    private static List<string> Steps(string target, string shadow, string? kept)
    {
        var steps = new List<string>
        {
            "Authenticate the whole backup before a byte of it is written.",
            $"Write it to the hidden file \"{shadow}\" and check it (PRAGMA integrity_check).",
        };
        if (kept is not null) steps.Add($"Copy the present content of \"{target}\" to \"{kept}\", for undo.");
        steps.Add(kept is null ? $"Rename it to \"{target}\"." : $"Put it into \"{target}\" in one transaction; programs that have it open see the new content.");
        steps.Add("If anything fails, the hidden file is removed and the target stays as it is.");
        return steps;
    }

    private static async Task WriteAsync(Stream dump, string shadow, long? totalBytes, IRunLog log, CancellationToken cancel)
    {
        await using var file = new FileStream(shadow, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        var buffer = new byte[CopyBytes];
        int read;
        while ((read = await dump.ReadAsync(buffer, cancel)) > 0)
        {
            await file.WriteAsync(buffer.AsMemory(0, read), cancel);
            log.Progress(file.Position, totalBytes);
        }

        await Task.Run(() => file.Flush(flushToDisk: true), cancel);
    }

    private static void CheckShadow(string shadow, IRunLog log)
    {
        using var connection = SqliteOpening.OpenUnshared(shadow);
        SqliteIntegrity.Check(connection, shadow, log);
    }

    private static void Place(string shadow, string target, string? kept)
    {
        if (kept is null)
        {
            var errno = Native.RenameWithoutOverwriting(shadow, target);
            if (errno != 0) throw new IOException($"\"{shadow}\" could not be renamed to \"{target}\" (error {errno}).");
            Native.SyncFolder(Path.GetDirectoryName(target)!);
            return;
        }

        using var live = SqliteOpening.Open(target);
        Keep(live, target, kept);
        Native.SyncFolder(Path.GetDirectoryName(target)!);
        using var restored = SqliteOpening.OpenUnshared(shadow);
        AgreeOnPageSize(restored, live, target);
        restored.BackupDatabase(live); // one transaction of SQLite's own: a crash rolls it back
    }

    private static void Keep(SqliteConnection live, string target, string kept)
    {
        using (new FileStream(kept, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = File.GetUnixFileMode(target) })) { }
        using var copy = SqliteOpening.Open(kept);
        live.BackupDatabase(copy);
    }

    /// <summary>A database in WAL mode cannot change its page size (sqlite.org/c3ref/backup_finish.html).</summary>
    private static void AgreeOnPageSize(SqliteConnection restored, SqliteConnection live, string target)
    {
        if (restored.Scalar<long>("PRAGMA page_size") == live.Scalar<long>("PRAGMA page_size")) return;
        if (live.Scalar<string>("PRAGMA journal_mode = DELETE") != "wal") return;
        throw new ProblemException("database-locked", $"The backup has another page size than \"{target}\", which programs hold open in WAL mode; nothing was restored.",
            "Stop the programs that use it, then restore again.");
    }
}
