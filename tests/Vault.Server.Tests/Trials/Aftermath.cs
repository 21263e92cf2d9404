using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Runs;
using Vault.Testing;

namespace Vault.Server.Tests.Trials;

/// <summary>What must hold after the server was killed, and after it was started again (design §5).</summary>
internal sealed class Aftermath(TrialVault vault)
{
    private readonly HashSet<Guid> opened = [];

    public int OpenedBackups => opened.Count;

    /// <summary>Nobody has started it again: what it left running ends by itself, and its transactions with it.</summary>
    public async Task ProcessesEndAsync(int ownSession)
    {
        await Eventually.TrueAsync(() => ProcessFacts.ToolsOf(vault.Cluster.Port).Count == 0, "the tools of the dead server end", TimeSpan.FromSeconds(15));
        await Eventually.TrueAsync(async () => await vault.Cluster.ScalarAsync<long>("postgres",
            $"SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid NOT IN (pg_backend_pid(), {ownSession})") == 0,
            "the sessions of the dead server end", TimeSpan.FromSeconds(15));
        (await vault.Cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_prepared_xacts")).ShouldBe(0);
    }

    /// <summary>The server runs again and nothing is queued.</summary>
    public async Task OrderReturnsAsync(Guid killedRun)
    {
        await TidyAsync();
        var run = await vault.FindRunAsync(killedRun);
        run.State.ShouldBeOneOf(RunState.Interrupted, RunState.Succeeded);
        if (run.State == RunState.Interrupted)
        {
            run.ProblemMessage.ShouldNotBeNullOrWhiteSpace();
            run.ProblemNext.ShouldNotBeNullOrWhiteSpace();
            run.FinishedAt.ShouldNotBeNull();
        }
        else if (run.Kind == RunKind.Backup) (await vault.BackupsAsync()).ShouldContain(b => b.Id == run.BackupId);

        await EveryBackupOpensAsync();
    }

    public async Task TidyAsync()
    {
        var left = "";
        try
        {
            await Eventually.TrueAsync(async () => (left = string.Join(", ", await LeftoversAsync())).Length == 0, "order returns", TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Left behind: {left}. The server said: {string.Join('\n', vault.Said.TakeLast(30))}");
        }
    }

    private async Task<IReadOnlyList<string>> LeftoversAsync()
    {
        var left = new List<string>(await DatabasesAsync("vault_restore_%"));
        var names = Files();
        left.AddRange(names.Where(n => n.EndsWith(".partial", StringComparison.Ordinal)));
        left.AddRange(names.Where(n => !ObjectNames.IsMetadata(n) && !names.Contains(ObjectNames.MetadataOf(n))).Select(n => $"{n} without metadata"));
        left.AddRange(names.Where(n => ObjectNames.IsMetadata(n) && !names.Any(o => ObjectNames.MetadataOf(o) == n)).Select(n => $"{n} without object"));
        var listed = (await vault.BackupsAsync()).Where(b => b.IsRestorable).SelectMany(b => b.Copies).Select(c => c.ObjectName).ToList();
        left.AddRange(names.Where(n => !ObjectNames.IsMetadata(n)).Except(listed).Select(n => $"{n} not listed"));
        left.AddRange(listed.Except(names).Select(n => $"{n} listed but not there"));
        await using var db = vault.Desk.OpenDatabase();
        left.AddRange(await db.Runs.Where(r => r.State == RunState.Running).Select(r => $"{r.Title} running").ToListAsync());
        left.AddRange(await db.Runs.Where(r => r.MayHaveLeftovers).Select(r => $"{r.Title} not tidied up after").ToListAsync());
        return left;
    }

    public IReadOnlyList<string> Files() =>
        [.. Directory.EnumerateFiles(vault.BackupFolder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(vault.BackupFolder, f))];

    public async Task<IReadOnlyList<string>> DatabasesAsync(string like) =>
        (await vault.Cluster.ScalarAsync<string>("postgres", $"SELECT coalesce(string_agg(datname, '|' ORDER BY datname), '') FROM pg_database WHERE datname LIKE '{like}'"))
            .Split('|', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Each backup that is listed authenticates and decompresses to its last byte.</summary>
    private async Task EveryBackupOpensAsync()
    {
        var candidates = await vault.Desk.Get<ProfileService>().CandidatesAsync();
        foreach (var backup in (await vault.BackupsAsync()).Where(b => b.IsRestorable && opened.Add(b.Id)))
        {
            var path = Path.Combine(vault.BackupFolder, backup.Copies[0].ObjectName);
            var metadata = BackupMetadata.Parse(await File.ReadAllBytesAsync(ObjectNames.MetadataOf(path))).Value;
            var file = new BackupFile(path, metadata, (offset, _) => Task.FromResult<Stream>(new FileStream(path, FileMode.Open, FileAccess.Read) { Position = offset }), new FileInfo(path).Length);
            await using var whole = await BackupOpener.OpenAsync(file, candidates, new RecordingLog(), CancellationToken.None);
            await whole.Dump.CopyToAsync(Stream.Null);
        }
    }
}
