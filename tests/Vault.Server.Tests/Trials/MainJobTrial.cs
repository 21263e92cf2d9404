using System.Diagnostics;
using System.Globalization;
using Shouldly;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Trials;

/// <summary>The main job on about a gigabyte: both dump formats, every compression; what comes back is compared without Vault.</summary>
[Collection(nameof(TrialCollection))]
public sealed class MainJobTrial(ITestOutputHelper output) : IAsyncLifetime
{
    private const long MostMemoryBytes = 230_000_000;
    private const int MegabytesOfScale = 15; // what one step of pgbench's scale takes on the server's disk, its index included
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    private static readonly (string Format, string Compression, int Level)[] Ways =
        [("plain", "GZIP", 1), ("custom", "BROTLI", 1), ("plain", "ZSTD", 3), ("custom", "GZIP", 6)];

    private readonly string row = TrialVault.Canary("row");
    private TrialVault vault = null!;

    private static int Megabytes =>
        int.TryParse(Environment.GetEnvironmentVariable("VAULT_TRIAL_MEGABYTES"), CultureInfo.InvariantCulture, out var set) ? set : 1024;

    public async ValueTask InitializeAsync()
    {
        vault = await TrialVault.MakeAsync();
        await ShopSchema.SeedAsync(vault.Cluster, TrialVault.Database);
        await PgBenchAsync(Math.Max(1, Megabytes / MegabytesOfScale));
        // The same words in a text, and where a large object and a bytea would show them.
        await vault.Cluster.ExecuteAsync(TrialVault.Database, $"""
            CREATE TABLE canary AS SELECT '{row}'::text AS words, convert_to('{row}', 'UTF8') AS bytes FROM generate_series(1, 100);
            SELECT lo_from_bytea(0, convert_to('{row}', 'UTF8'));
            """);
    }

    public async ValueTask DisposeAsync() => await vault.DisposeAsync();

    [Fact]
    public async Task A_gigabyte_comes_back_equal_in_little_memory_and_leaves_no_plaintext()
    {
        await using var server = await vault.StartServerAsync();
        await vault.SeedAsync();
        await vault.Desk.KeepServerAwakeAsync();
        await using var watchman = new Watchman([vault.DataFolder, vault.BackupFolder, vault.WorkFolder], ("row", row), ("database password", vault.DatabasePassword));
        watchman.ServerId = server.Id;
        var original = await vault.FingerprintAsync();
        original.Contains("rows public.pgbench_accounts").ShouldBeTrue();
        original.Contains("large object").ShouldBeTrue();
        output.WriteLine($"{await vault.Cluster.ScalarAsync<long>("postgres", $"SELECT pg_database_size('{TrialVault.Database}')") / 1e6:0} MB on disk; idle server {PeakMegabytes(server):0} MB");

        foreach (var way in Ways) await ThereAndBackAsync(way.Format, way.Compression, way.Level, original, server);

        await watchman.FinishAsync();
        watchman.Met.Keys.ShouldBeEmpty();
        watchman.Tools.Keys.ShouldBe(["pg_dump", "pg_restore", "psql"], ignoreOrder: true, "the tools were watched");
        output.WriteLine($"looked {watchman.Looks} times, {watchman.ReadBytes / 1e6:0} MB read; peak memory {PeakMegabytes(server):0} MB");
        ProcessFacts.PeakMemoryBytes(server.Id).ShouldBeLessThan(MostMemoryBytes, ProcessFacts.Memory(server.Id));
    }

    private async Task ThereAndBackAsync(string format, string compression, int level, DatabaseFingerprint original, TrialServer server)
    {
        var way = $"{format} {compression} {level}";
        var job = await vault.AddJobAsync(way, format, compression, level);
        var backup = await vault.SuccessOfAsync(await vault.QueueBackupAsync(job), Longest);
        await vault.Cluster.ExecuteAsync("postgres", $"DROP DATABASE {TrialVault.Database} WITH (FORCE)");

        var restore = await vault.SuccessOfAsync(await vault.QueueRestoreAsync(backup.BackupId!.Value), Longest);

        var comparing = Stopwatch.StartNew();
        (await vault.FingerprintAsync()).DifferencesFrom(original).ShouldBeEmpty(way);
        output.WriteLine($"{way}: backup {Rate(backup, backup.DoneBytes)}, restore {Rate(restore, backup.DoneBytes)}, compared in {comparing.Elapsed.TotalSeconds:0} s; {ProcessFacts.Memory(server.Id)}");
    }

    private static double PeakMegabytes(TrialServer server) => ProcessFacts.PeakMemoryBytes(server.Id) / 1e6;

    private static string Rate(Run run, long bytes)
    {
        var seconds = (run.FinishedAt!.Value - run.StartedAt!.Value).TotalSeconds;
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB in {seconds:0.0} s = {bytes / 1e6 / seconds:0} MB/s");
    }

    private async Task PgBenchAsync(int scale)
    {
        var start = new ProcessStartInfo("/usr/lib/postgresql/15/bin/pgbench",
        [
            "--initialize", "--init-steps=dtGp", "--unlogged-tables", "--quiet", $"--scale={scale}",
            "--host", vault.Cluster.SocketFolder, "--port", vault.Cluster.Port.ToString(CultureInfo.InvariantCulture), "--username", PostgresCluster.User, TrialVault.Database,
        ]) { RedirectStandardError = true };
        using var pgbench = Process.Start(start)!;
        var words = await pgbench.StandardError.ReadToEndAsync();
        await pgbench.WaitForExitAsync();
        pgbench.ExitCode.ShouldBe(0, words);
    }
}
