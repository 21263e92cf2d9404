using System.Text;
using Shouldly;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

/// <summary>A restore that fails leaves the target as it was, whatever fails.</summary>
public sealed class RestoreFaultTests(OneCluster one) : IClassFixture<OneCluster>
{
    private readonly IDatabaseEngine engine = EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!;

    [Theory]
    [InlineData("plain", 0.3)]
    [InlineData("plain", 0.999)]
    [InlineData("custom", 0.3)]
    [InlineData("custom", 0.999)]
    public async Task A_stream_that_breaks_midway_changes_nothing(string format, double share)
    {
        var database = await one.NewShopAsync(orders: 20_000);
        var before = await DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(database));
        var dump = await Dumping.DumpAsync(engine, one.Cluster.Settings(database), format);
        await using var broken = new BreakingStream(dump, (int)(dump.Length * share));
        await Should.ThrowAsync<InvalidDataException>(() => RestoreAsync(database, format, broken));
        await ShouldBeUntouchedAsync(database, before);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_new_database_that_fails_is_gone_again(string format)
    {
        var origin = await one.NewShopAsync(orders: 20_000);
        var dump = await Dumping.DumpAsync(engine, one.Cluster.Settings(origin), format);
        await using var broken = new BreakingStream(dump, dump.Length / 2);
        await Should.ThrowAsync<InvalidDataException>(() => RestoreAsync(origin + "_new", format, broken));
        (await CountAsync($"datname = '{origin}_new' OR datname LIKE 'vault\\_restore%'")).ShouldBe(0);
    }

    [Fact]
    public async Task An_error_in_the_script_changes_nothing_and_is_told()
    {
        var database = await one.NewShopAsync(orders: 10);
        var before = await DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(database));
        var script = "CREATE TABLE a (x int);\nALTER TABLE a OWNER TO \"no such role\";\nCREATE TABLE b (x int);\n";
        var log = new RecordingLog();
        var error = await Should.ThrowAsync<ProblemException>(() => RestoreAsync(database, "plain", new MemoryStream(Encoding.UTF8.GetBytes(script)), log));
        error.Problem.Code.ShouldBe("role-missing");
        error.Problem.Message.ShouldContain("\"no such role\"");
        error.Problem.Next.ShouldContain("CREATE ROLE \"no such role\"");
        log.Lines.ShouldContain(line => line.Level == LogLevel.Error && line.Text.Contains("no such role"));
        await ShouldBeUntouchedAsync(database, before);
    }

    /// <summary>psql would run it as the user of Vault, on Vault's machine; CVE-2025-8715 puts such lines even into honest dumps.</summary>
    [Theory]
    [InlineData("\\! touch {0}\n")]
    [InlineData("\\restrict guess\n\\unrestrict guess\n\\! touch {0}\n")]
    [InlineData("-- comment\n\n\\restrict guess\n\\restrict guess\n\\unrestrict guess\n\\! touch {0}\n")]
    [InlineData("CREATE TABLE a (x int);\n\\unrestrict\n\\! touch {0}\n")]
    [InlineData("SELECT 1 \\g |touch {0}\n")]
    [InlineData("\\set x `touch {0}`\n")]
    [InlineData("\\copy (SELECT 1) TO PROGRAM 'touch {0}'\n")]
    [InlineData("\\connect postgres\nCREATE TABLE a (x int);\n")]
    public async Task A_script_runs_no_program_and_changes_no_other_database(string script)
    {
        using var folder = new TempFolder();
        var mark = folder.File("owned");
        var database = await one.NewShopAsync(orders: 10);
        var before = await DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(database));
        var bytes = Encoding.UTF8.GetBytes(script.Replace("{0}", mark, StringComparison.Ordinal) + new string('\n', 100_000));
        var error = await Should.ThrowAsync<ProblemException>(() => RestoreAsync(database, "plain", new MemoryStream(bytes)));
        error.Problem.Code.ShouldBe("script-forbidden");
        File.Exists(mark).ShouldBeFalse();
        await ShouldBeUntouchedAsync(database, before);
    }

    [Fact]
    public async Task A_script_that_quits_early_is_no_success()
    {
        var database = await one.NewShopAsync(orders: 10);
        var before = await DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(database));
        var script = "CREATE TABLE a (x int);\n\\q\n" + new string('\n', 8_000_000);
        await Should.ThrowAsync<ProblemException>(() => RestoreAsync(database, "plain", new MemoryStream(Encoding.UTF8.GetBytes(script))));
        await ShouldBeUntouchedAsync(database, before);
    }

    [Fact]
    public async Task Garbage_for_an_archive_is_told()
    {
        var database = await one.NewShopAsync(orders: 10);
        var before = await DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(database));
        await Should.ThrowAsync<ProblemException>(() => RestoreAsync(database, "custom", new MemoryStream(new byte[5_000_000])));
        await ShouldBeUntouchedAsync(database, before);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task Cancelling_a_restore_changes_nothing(string format)
    {
        var database = await one.NewShopAsync(orders: 20_000);
        var before = await DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(database));
        var dump = await Dumping.DumpAsync(engine, one.Cluster.Settings(database), format);
        using var cancel = new CancellationTokenSource();
        await using var stream = new BreakingStream(dump, dump.Length / 2, cancel.Cancel);
        await Should.ThrowAsync<OperationCanceledException>(() =>
            engine.RestoreAsync(Dumping.Request(one.Cluster.Settings(database), database, format), stream, new RecordingLog(), cancel.Token));
        await ShouldBeUntouchedAsync(database, before);
    }

    [Fact]
    public async Task What_a_killed_restore_left_is_cleaned_up()
    {
        var database = await one.NewShopAsync(orders: 10);
        var before = await DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(database));
        var request = Dumping.Request(one.Cluster.Settings(database), database, "plain", runId: Guid.NewGuid());
        var shadow = $"vault_restore_{request.RunId.ToString("N")[^12..]}";
        await one.Cluster.CreateDatabaseAsync(shadow);
        await using (var left = new Npgsql.NpgsqlConnection(one.Cluster.ConnectionString(shadow)))
        {
            await left.OpenAsync(); // the tool's session may outlive a killed Vault
            (await engine.ListDatabasesAsync(one.Cluster.Settings(database), default)).ShouldNotContain(shadow);
            (await engine.CleanUpRestoreAsync(request, default)).ShouldHaveSingleItem().ShouldContain(shadow);
        }

        (await engine.CleanUpRestoreAsync(request, default)).ShouldBeEmpty();
        await ShouldBeUntouchedAsync(database, before);
    }

    [Fact]
    public async Task A_database_that_a_killed_restore_is_still_creating_is_not_there_afterwards()
    {
        var database = await one.NewShopAsync(orders: 10);
        var request = Dumping.Request(one.Cluster.Settings(database), database, "plain", runId: Guid.NewGuid());
        var shadow = $"vault_restore_{request.RunId.ToString("N")[^12..]}";
        // The server waits 5 s for the last session to leave the template: long enough to look in the middle.
        await using var inTemplate = new Npgsql.NpgsqlConnection(one.Cluster.ConnectionString(database));
        await inTemplate.OpenAsync();
        var creating = one.Cluster.ExecuteAsync("postgres", $"CREATE DATABASE \"{shadow}\" TEMPLATE \"{database}\"");
        await Eventually.TrueAsync(async () => await one.Cluster.ScalarAsync<long>("postgres",
            $"SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE \"{shadow}%'") == 1, "it is being created");

        await engine.CleanUpRestoreAsync(request, default);
        await inTemplate.CloseAsync();

        (await Should.ThrowAsync<Npgsql.PostgresException>(() => creating)).SqlState.ShouldBe(Npgsql.PostgresErrorCodes.AdminShutdown);
        (await CountAsync($"datname = '{shadow}'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_user_without_CREATEDB_or_ownership_is_told_before_anything_starts()
    {
        var database = await one.NewShopAsync(orders: 10);
        await one.Cluster.ExecuteAsync(database, $"CREATE ROLE poor_{database} LOGIN PASSWORD 'x'; CREATE ROLE maker_{database} LOGIN CREATEDB PASSWORD 'x'");
        (await PlanAsync($"poor_{database}")).ShouldBe("createdb-missing");
        (await PlanAsync($"maker_{database}")).ShouldBe("owner-missing");

        async Task<string?> PlanAsync(string user) =>
            (await engine.PlanRestoreAsync(Dumping.Request(one.Cluster.Settings(database, user, "x"), database, "plain"), default)).Problem?.Code;
    }

    [Fact]
    public async Task A_backup_of_a_newer_server_is_refused_by_the_plan()
    {
        var request = Dumping.Request(one.Cluster.Settings("postgres"), "shop_new", "plain") with
        {
            Origin = new DumpOrigin("postgresql", "17.2", "pg_dump 17.2", "plain", "shop", null),
        };
        (await engine.PlanRestoreAsync(request, default)).Problem.ShouldNotBeNull().Code.ShouldBe("target-too-old");
    }

    private Task<RestoreOutcome> RestoreAsync(string database, string format, Stream dump, RecordingLog? log = null) =>
        engine.RestoreAsync(Dumping.Request(one.Cluster.Settings(database), database, format), dump, log ?? new RecordingLog(), default);

    private async Task ShouldBeUntouchedAsync(string database, DatabaseFingerprint before)
    {
        (await DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(database))).DifferencesFrom(before).ShouldBeEmpty();
        (await CountAsync("datname LIKE 'vault\\_restore%' OR datname LIKE '%\\_before\\_%'")).ShouldBe(0);
    }

    private Task<long> CountAsync(string condition) =>
        one.Cluster.ScalarAsync<long>("postgres", $"SELECT count(*) FROM pg_database WHERE {condition}");
}
