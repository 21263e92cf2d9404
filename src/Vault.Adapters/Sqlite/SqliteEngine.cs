using Microsoft.Data.Sqlite;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.Sqlite;

/// <summary>SQLite files, read while programs use them.</summary>
internal sealed class SqliteEngine(EngineOptions options) : IDatabaseEngine
{
    private static readonly DumpFormat Format = new("sqlite", "SQLite database file", "sqlite", "A consistent copy of the database file.");
    private readonly SqliteRestore restore = new(options);

    public EngineDescription Description { get; } = new("sqlite", "SQLite",
        [new Setting("path", "File", SettingKind.Path, IsRequired: true, Help: "The database file on this machine.")], [Format]);

    public Result<SettingValues> ParseUrl(string url)
    {
        var text = url.Trim();
        var path = text.StartsWith("sqlite://", StringComparison.Ordinal) ? Uri.UnescapeDataString(text["sqlite://".Length..]) : text;
        if (!IsPath(path) && path.Contains('=', StringComparison.Ordinal)) path = FromKeywords(path) ?? "";
        return IsPath(path)
            ? new SettingValues(new Dictionary<string, string> { ["path"] = path })
            : new Problem("url-unreadable", "The text names no SQLite file.", "Paste one such as sqlite:///srv/shop/shop.db, or the path alone.");
    }

    public Task<SourceCheck> CheckAsync(SettingValues settings, CancellationToken cancel) => Task.Run(() => Check(settings), cancel);

    public Task<IReadOnlyList<string>> ListDatabasesAsync(SettingValues settings, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string>>([PathIn(settings)]);

    public async Task<Dump> StartDumpAsync(DumpRequest request, IRunLog log, CancellationToken cancel)
    {
        var path = PathIn(request.Settings);
        SqliteSnapshot? snapshot = null;
        try
        {
            snapshot = await Task.Run(() => SqliteSnapshot.Begin(SqliteOpening.Open(path)), cancel);
            if (snapshot.PageCount == 0)
                throw new ProblemException("database-empty", $"\"{path}\" is an empty file: nothing was ever stored in it.", "Correct the path, or back up when there is something in it.");
            log.Write(LogLevel.Info, $"SQLite {SqliteVersion}, \"{path}\", {snapshot.PageCount} pages of {snapshot.PageBytes} bytes");
            await using var onCancel = cancel.Register(snapshot.Interrupt);
            var tables = await Task.Run(() => snapshot.Examine(path, log), CancellationToken.None);
            cancel.ThrowIfCancellationRequested();
            return DumpOf(path, snapshot, tables);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            snapshot?.Dispose();
            cancel.ThrowIfCancellationRequested(); // an interrupted check is no damaged database
            throw SqliteOpening.Translate(error, path);
        }
        catch (OperationCanceledException)
        {
            snapshot?.Dispose();
            throw;
        }
    }

    public IDumpProof? CreateProof(string dumpFormat) => dumpFormat == Format.Id ? new SqliteProof([]) : null;

    public Task<RestorePlan> PlanRestoreAsync(RestoreRequest request, CancellationToken cancel) => Task.Run(() => restore.Plan(request), cancel);

    public Task<RestoreOutcome> RestoreAsync(RestoreRequest request, Stream dump, IRunLog log, CancellationToken cancel) =>
        restore.RunAsync(request, dump, log, cancel);

    public Task<IReadOnlyList<string>> CleanUpRestoreAsync(RestoreRequest request, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string>>(SqliteRestore.CleanUp(request));

    private static readonly Lazy<string> LoadedVersion = new(() =>
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        return connection.ServerVersion;
    });

    private static string SqliteVersion => LoadedVersion.Value;

    private static Dump DumpOf(string path, SqliteSnapshot snapshot, IReadOnlyList<TableRows> tables)
    {
        var facts = new DumpFacts([path], SqliteVersion, $"SQLite {SqliteVersion}", Format, snapshot.SizeBytes);
        return new Dump(facts, new SqliteSnapshotStream(snapshot), new SqliteProof(tables), () => Task.CompletedTask, () =>
        {
            snapshot.Dispose();
            return ValueTask.CompletedTask;
        });
    }

    private static SourceCheck Check(SettingValues settings)
    {
        var path = "";
        try
        {
            path = PathIn(settings);
            using var connection = SqliteOpening.Open(path);
            var tables = connection.Scalar<long>("SELECT count(*) FROM sqlite_schema WHERE type = 'table'");
            var sizeBytes = connection.Scalar<long>("PRAGMA page_count") * connection.Scalar<long>("PRAGMA page_size");
            var mode = connection.Scalar<string>("PRAGMA journal_mode");
            return new SourceCheck(SqliteVersion, sizeBytes,
            [
                new(CheckState.Good, $"Opened with SQLite {SqliteVersion}: {tables} tables."),
                mode == "wal"
                    ? new(CheckState.Good, "The database is in WAL mode: programs go on writing while it is backed up.")
                    : new(CheckState.Warning, $"The database is in {mode} mode: programs that write wait while it is backed up. PRAGMA journal_mode = WAL avoids that."),
            ], null);
        }
        catch (Exception error) when (error is ProblemException or SqliteException or IOException or UnauthorizedAccessException)
        {
            var problem = SqliteOpening.Translate(error, path).Problem;
            return new SourceCheck(null, null, [new(CheckState.Bad, problem.Message)], problem);
        }
    }

    private static bool IsPath(string text) => text.StartsWith('/') || text.StartsWith("./", StringComparison.Ordinal);

    private static string? FromKeywords(string text)
    {
        try
        {
            return new SqliteConnectionStringBuilder(text).DataSource;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string PathIn(SettingValues settings) => Path.GetFullPath(settings.Require("path"));
}
