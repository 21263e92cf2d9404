using Shouldly;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

/// <summary>R5: pg_restore over several connections, from an unpacked dump that has no name on the disk.</summary>
public sealed class ParallelRestoreTests(OneCluster one) : IClassFixture<OneCluster>, IDisposable
{
    private readonly IDatabaseEngine engine = EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!;
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Two_connections_bring_back_what_one_brings_back()
    {
        var database = await one.NewShopAsync();
        var before = await PrintAsync(database);
        var dump = await Dumping.DumpAsync(engine, one.Cluster.Settings(database), "custom");
        var log = new RecordingLog();
        await RestoreAsync(database, database + "_one", 1, dump);

        var outcome = await RestoreAsync(database, database, 2, dump, log);

        outcome.KeptAs.ShouldNotBeNull();
        (await PrintAsync(database)).DifferencesFrom(before).ShouldBeEmpty();
        (await PrintAsync(database)).DifferencesFrom(await PrintAsync(database + "_one")).ShouldBeEmpty();
        log.Lines.Where(line => line.Level >= LogLevel.Warning).ShouldBeEmpty();
        log.Phases.ShouldBe(["Unpacking to disk", "Restoring", "Building indexes", "Swapping in"]);
        log.Text.ShouldContain("Restoring over 2 connections at once");
        log.Text.ShouldContain("finished item");
        log.Furthest("Restoring").ShouldSatisfyAllConditions(seen => seen.TotalBytes.ShouldNotBeNull(), seen => seen.DoneBytes.ShouldBe(seen.TotalBytes!.Value));
        SpoolShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_backup_never_starts_pg_restore()
    {
        var (database, before, dump) = await ShopAsync();
        var log = new RecordingLog();
        await using var broken = new BreakingStream(dump, dump.Length - 1);
        await Should.ThrowAsync<InvalidDataException>(() => engine.RestoreAsync(Request(database, database, 2), broken, log, default));
        log.Phases.ShouldBe(["Unpacking to disk"]);
        log.Text.ShouldNotContain("pg_restore:");
        await ShouldBeUntouchedAsync(database, before);
    }

    [Fact]
    public async Task An_archive_that_was_cut_before_it_was_stored_never_starts_pg_restore()
    {
        var (database, before, dump) = await ShopAsync();
        var log = new RecordingLog();
        var error = await Should.ThrowAsync<ProblemException>(() => RestoreAsync(database, database, 2, dump[..^2000], log));
        error.Problem.Code.ShouldBe("dump-incomplete");
        log.Text.ShouldNotContain("pg_restore:");
        await ShouldBeUntouchedAsync(database, before);
    }

    [Fact]
    public async Task An_item_that_fails_leaves_the_target_as_it_was()
    {
        var (database, _, _) = await ShopAsync();
        await one.Cluster.ExecuteAsync(database, $"CREATE ROLE gone_{database}; GRANT SELECT ON shop.orders TO gone_{database}");
        var dump = await Dumping.DumpAsync(engine, one.Cluster.Settings(database), "custom");
        await one.Cluster.ExecuteAsync(database, $"REVOKE ALL ON shop.orders FROM gone_{database}; DROP ROLE gone_{database}");
        var before = await PrintAsync(database);

        var error = await Should.ThrowAsync<ProblemException>(() => RestoreAsync(database, database, 2, dump));

        error.Problem.Code.ShouldBe("role-missing");
        await ShouldBeUntouchedAsync(database, before);
    }

    [Fact]
    public async Task Two_rows_with_one_key_leave_the_target_as_it_was()
    {
        var (database, before, dump) = await ShopAsync();
        // The constraint is built by a worker of its own, long after the rows.
        var damaged = dump.AsSpan().ToArray();
        var second = damaged.AsSpan().IndexOf("2\tÜnï 2"u8);
        second.ShouldBeGreaterThan(0);
        damaged[second] = (byte)'1';

        var error = await Should.ThrowAsync<ProblemException>(() => RestoreAsync(database, database, 2, damaged));

        error.Problem.Message.ShouldContain("could not create unique index");
        await ShouldBeUntouchedAsync(database, before);
    }

    [Theory]
    [InlineData("Unpacking to disk")]
    [InlineData("Restoring")]
    [InlineData("Building indexes")]
    public async Task A_cancelled_restore_leaves_the_target_as_it_was_and_no_process(string phase)
    {
        var (database, before, dump) = await ShopAsync(orders: 20_000);
        using var cancel = new CancellationTokenSource();
        var log = new WatchedLog { OnPhase = name => { if (name == phase) cancel.Cancel(); } };
        await Should.ThrowAsync<OperationCanceledException>(() => engine.RestoreAsync(Request(database, database, 2), new MemoryStream(dump), log, cancel.Token));
        await ShouldBeUntouchedAsync(database, before);
    }

    [Fact]
    public async Task The_unpacked_dump_has_no_name_and_opens_for_its_owner_alone()
    {
        var (database, _, dump) = await ShopAsync();
        var seen = new List<(string Path, UnixFileMode Mode, string[] Listed, int ExitCode)>();
        var log = new WatchedLog { OnPhase = name => { if (name == "Restoring") seen.AddRange(OpenSpools().Select(Look)); } };

        await engine.RestoreAsync(Request(database, database, 2), new MemoryStream(dump), log, default);

        var (path, mode, listed, exitCode) = seen.ShouldHaveSingleItem();
        mode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listed.ShouldBeEmpty();
        exitCode.ShouldNotBe(0, "another user cannot read it");
        File.GetUnixFileMode(folder.File("spool")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        OpenSpools().ShouldBeEmpty();

        (string, UnixFileMode, string[], int) Look(string spool)
        {
            using var stranger = System.Diagnostics.Process.Start("runuser", ["-u", "nobody", "--", "head", "-c", "1", spool])!;
            stranger.WaitForExit();
            using var file = File.OpenRead(spool);
            return (spool, File.GetUnixFileMode(file.SafeFileHandle), Directory.GetFileSystemEntries(folder.File("spool")), stranger.ExitCode);
        }
    }

    [Fact]
    public async Task Where_unencrypted_data_is_forbidden_on_disk_one_connection_restores()
    {
        var (database, before, dump) = await ShopAsync();
        var log = new RecordingLog();
        await engine.RestoreAsync(Request(database, database, 2) with { SpoolFolder = null }, new MemoryStream(dump), log, default);
        (await PrintAsync(database)).DifferencesFrom(before).ShouldBeEmpty();
        log.Text.ShouldContain("Warning: Restoring with 1 connection: this vault forbids unencrypted data on its disk.");
        log.Phases.ShouldBe(["Restoring", "Swapping in"]);
        Directory.Exists(folder.File("spool")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_dump_larger_than_the_free_space_is_restored_by_one_connection()
    {
        var (database, before, dump) = await ShopAsync();
        var log = new RecordingLog();
        var request = Request(database, database, 2);
        await engine.RestoreAsync(request with { Origin = request.Origin with { SizeBytes = 1L << 60 } }, new MemoryStream(dump), log, default);
        (await PrintAsync(database)).DifferencesFrom(before).ShouldBeEmpty();
        log.Text.ShouldContain("Warning: Restoring with 1 connection: the unpacked dump needs 1152921504606 MB in ");
        log.Phases.ShouldBe(["Restoring", "Swapping in"]);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_used_is_told_and_one_connection_restores()
    {
        var (database, before, dump) = await ShopAsync();
        var log = new RecordingLog();
        await engine.RestoreAsync(Request(database, database, 2) with { SpoolFolder = "/proc/nowhere" }, new MemoryStream(dump), log, default);
        (await PrintAsync(database)).DifferencesFrom(before).ShouldBeEmpty();
        log.Text.ShouldContain("Warning: Restoring with 1 connection: /proc/nowhere cannot hold the unpacked dump");
    }

    [Fact]
    public async Task A_server_with_few_connections_left_gets_fewer()
    {
        var (database, before, dump) = await ShopAsync();
        var log = new RecordingLog();
        await RestoreAsync(database, database, 500, dump, log);
        (await PrintAsync(database)).DifferencesFrom(before).ShouldBeEmpty();
        log.Lines.ShouldContain(line => line.Level == LogLevel.Warning && line.Text.StartsWith("The server has few connections left: restoring over ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_plan_says_what_touches_the_disk()
    {
        var database = await one.NewShopAsync(orders: 10);
        var spool = folder.File("spool");
        var parallel = await engine.PlanRestoreAsync(Request(database, database, 2), default);
        parallel.Steps.ShouldContain($"Write the unpacked dump, NOT encrypted, to {spool}, in a file without a name that is gone as soon as the restore ends.");
        parallel.Steps.ShouldContain(step => step.Contains("over 2 connections at once"));
        parallel.Checks.ShouldContain(check => check.State == CheckState.Good && check.Text.Contains("2 connections free"));
        Directory.Exists(spool).ShouldBeFalse("a plan changes nothing");
        var forbidden = await engine.PlanRestoreAsync(Request(database, database, 2) with { SpoolFolder = null }, default);
        forbidden.Steps.ShouldNotContain(step => step.Contains("NOT encrypted"));
        forbidden.Checks.ShouldContain(check => check.State == CheckState.Warning && check.Text.Contains("forbids"));
        (await engine.PlanRestoreAsync(Request(database, database, 1), default)).Steps.ShouldNotContain(step => step.Contains("NOT encrypted"));
    }

    private async Task<(string Database, DatabaseFingerprint Before, byte[] Dump)> ShopAsync(int orders = 2000)
    {
        var database = await one.NewShopAsync(orders: orders);
        return (database, await PrintAsync(database), await Dumping.DumpAsync(engine, one.Cluster.Settings(database), "custom"));
    }

    private Task<DatabaseFingerprint> PrintAsync(string database) => DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(database));

    private Task<RestoreOutcome> RestoreAsync(string origin, string database, int connections, byte[] dump, RecordingLog? log = null) =>
        engine.RestoreAsync(Request(origin, database, connections), new MemoryStream(dump), log ?? new RecordingLog(), default);

    private RestoreRequest Request(string origin, string database, int connections) =>
        Dumping.Request(one.Cluster.Settings(origin), database, "custom", origin) with { ParallelConnections = connections, SpoolFolder = folder.File("spool") };

    private async Task ShouldBeUntouchedAsync(string database, DatabaseFingerprint before)
    {
        (await PrintAsync(database)).DifferencesFrom(before).ShouldBeEmpty();
        (await one.Cluster.ScalarAsync<long>("postgres",
            $"SELECT count(*) FROM pg_database WHERE datname LIKE 'vault\\_restore%' OR datname LIKE '{database}\\_before\\_%'")).ShouldBe(0);
        SpoolShouldBeEmpty();
        await Eventually.TrueAsync(() => ToolsOnOurSpools().Count == 0, "every process of the restore has ended");
    }

    private void SpoolShouldBeEmpty()
    {
        Directory.EnumerateFileSystemEntries(folder.File("spool")).ShouldBeEmpty();
        OpenSpools().ShouldBeEmpty();
    }

    private List<string> OpenSpools() => [.. new DirectoryInfo("/proc/self/fd").EnumerateFiles()
        .Where(file => file.LinkTarget?.StartsWith(folder.File("spool"), StringComparison.Ordinal) == true)
        .Select(file => $"/proc/{Environment.ProcessId}/fd/{file.Name}")];

    private static List<string> ToolsOnOurSpools() => [.. Directory.EnumerateDirectories("/proc").Select(CommandLine)
        .Where(line => line.Contains($"/proc/{Environment.ProcessId}/fd/", StringComparison.Ordinal))];

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private sealed class WatchedLog : IRunLog
    {
        public required Action<string> OnPhase { get; init; }

        public void Phase(string name) => OnPhase(name);

        public void Write(LogLevel level, string text) { }

        public void Progress(long doneBytes, long? totalBytes) { }
    }
}
