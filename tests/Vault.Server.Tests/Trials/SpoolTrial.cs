using Npgsql;
using Shouldly;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Trials;

/// <summary>kill -9 of the server while an unpacked dump lies on its disk: it is gone with the server, and nothing of it is found in the vault's folder.</summary>
[Collection(nameof(TrialCollection))]
public sealed class SpoolTrial(ITestOutputHelper output) : IAsyncLifetime
{
    private const int CanaryRows = 200_000; // some 40 MB, so that it takes a while to write
    private readonly string canary = TrialVault.Canary("row");
    private TrialVault vault = null!;
    private Aftermath aftermath = null!;
    private Sights sights = null!;
    private NpgsqlConnection sessions = null!;
    private int serverId;

    private string Spool => Path.Combine(vault.DataFolder, "spool");

    public async ValueTask InitializeAsync()
    {
        vault = await TrialVault.MakeAsync();
        aftermath = new Aftermath(vault);
        sessions = new NpgsqlConnection(vault.Cluster.ConnectionString("postgres"));
        await sessions.OpenAsync();
        sights = new Sights(vault, sessions);
        await ShopSchema.SeedAsync(vault.Cluster, TrialVault.Database, orders: 2000);
        await vault.Cluster.ExecuteAsync(TrialVault.Database,
            $"CREATE TABLE secrets AS SELECT g AS id, '{canary}' || repeat(md5(g::text), 5) AS what FROM generate_series(1, {CanaryRows}) g; CREATE INDEX ON secrets (what); ALTER TABLE secrets ADD PRIMARY KEY (id)");
        await using var server = await vault.StartServerAsync();
        await vault.SeedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await sessions.DisposeAsync();
        await vault.DisposeAsync();
    }

    [Fact]
    public async Task A_server_killed_while_it_unpacks_or_restores_leaves_nothing_of_the_dump()
    {
        var backup = await OneBackupAsync();
        var untouched = await vault.FingerprintAsync();
        List<Moment> moments =
        [
            SpoolHolds(1), SpoolHolds(10_000_000), SpoolHolds(30_000_000), SpoolIsOpenInTool(),
            sights.Statement("COPY public.secrets"), sights.Statement("COPY public.secrets").Plus(100), sights.Statement("CREATE INDEX"),
        ];
        foreach (var moment in moments)
        {
            await KillAsync(moment, await vault.QueueRestoreAsync(backup.Id, connections: 2));
            (await aftermath.DatabasesAsync($"{TrialVault.Database}\\_before\\_%")).ShouldBeEmpty();
            (await vault.FingerprintAsync()).DifferencesFrom(untouched).ShouldBeEmpty();
        }
    }

    private async Task<Features.Backups.Backup> OneBackupAsync()
    {
        var run = await vault.QueueBackupAsync(await vault.AddJobAsync("Archive", "custom", "GZIP", 1));
        await using var server = await vault.StartServerAsync();
        var ended = await vault.SuccessOfAsync(run);
        return (await vault.BackupsAsync()).Single(b => b.Id == ended.BackupId);
    }

    private async Task KillAsync(Moment moment, Guid runId)
    {
        sights.RunId = runId;
        await using (var server = await vault.StartServerAsync())
        {
            serverId = server.Id;
            (await moment.WaitAsync(async () => (await vault.FindRunAsync(runId)).State is not (RunState.Queued or RunState.Running))).ShouldBeTrue(moment.Name);
            server.Kill();
            await server.HasEndedAsync();
        }

        await aftermath.ProcessesEndAsync(sessions.ProcessID);
        Directory.EnumerateFileSystemEntries(Spool).ShouldBeEmpty();
        await Eventually.TrueAsync(() => !ProcessFacts.All().SelectMany(ProcessFacts.OpenFiles).Any(IsSpool), "nobody holds the unpacked dump any more");
        await using (var watchman = new Watchman([vault.DataFolder, vault.WorkFolder], ("a row", canary)))
        {
            await watchman.FinishAsync();
            watchman.Met.ShouldBeEmpty();
        }

        await using var again = await vault.StartServerAsync();
        await aftermath.OrderReturnsAsync(runId);
        output.WriteLine($"killed when {moment.Name}: {(await vault.FindRunAsync(runId)).State}");
    }

    private Moment SpoolHolds(long sizeBytes) => new($"the unpacked dump has {sizeBytes} bytes", () => ProcessFacts.OpenFiles(serverId).Where(IsSpool).Any(file => LengthOf(file.Path) >= sizeBytes));

    private Moment SpoolIsOpenInTool() => new("pg_restore reads the unpacked dump", () => ProcessFacts.ToolsOf(vault.Cluster.Port).SelectMany(ProcessFacts.OpenFiles).Any(IsSpool));

    private bool IsSpool((string Path, string Target) file) => file.Target.StartsWith(Spool, StringComparison.Ordinal);

    private static long LengthOf(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
            return file.Length;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0; // it has ended
        }
    }
}
