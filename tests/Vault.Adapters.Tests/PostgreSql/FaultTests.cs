using System.Diagnostics;
using Shouldly;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

public sealed class FaultTests(OneCluster one) : IClassFixture<OneCluster>
{
    private readonly IDatabaseEngine engine = EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!;

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task Cancelling_ends_the_tool_within_a_second_and_leaves_no_transaction(string format)
    {
        var database = await BigAsync();
        using var cancel = new CancellationTokenSource();
        var dump = await engine.StartDumpAsync(new DumpRequest(one.Cluster.Settings(database), format), new RecordingLog(), cancel.Token);
        await dump.Content.ReadExactlyAsync(new byte[1_000_000]);
        (await BackendsAsync(database)).ShouldBe(1);
        var watch = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await dump.Content.CopyToAsync(Stream.Null, cancel.Token));
        await dump.DisposeAsync();
        await Eventually.TrueAsync(async () => await BackendsAsync(database) == 0, "the backend is gone", TimeSpan.FromSeconds(1));
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2));
        ToolsRunningFor(database).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dump_that_waits_for_a_lock_is_cancelled_just_as_fast()
    {
        var database = await one.NewShopAsync(orders: 10);
        await using var locker = new Npgsql.NpgsqlConnection(one.Cluster.ConnectionString(database));
        await locker.OpenAsync();
        await using var transaction = await locker.BeginTransactionAsync();
        await using (var command = new Npgsql.NpgsqlCommand("LOCK TABLE shop.customers", locker)) await command.ExecuteNonQueryAsync();
        var dump = await engine.StartDumpAsync(new DumpRequest(one.Cluster.Settings(database), "plain"), new RecordingLog(), default);
        await Eventually.TrueAsync(async () => await WaitingAsync(database) == 1, "pg_dump waits for the lock");
        await dump.DisposeAsync();
        await Eventually.TrueAsync(async () => await WaitingAsync(database) == 0, "nothing waits any more", TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_backend_that_is_killed_in_the_middle_makes_the_dump_fail(string format)
    {
        var database = await BigAsync();
        await using var dump = await engine.StartDumpAsync(new DumpRequest(one.Cluster.Settings(database), format), new RecordingLog(), default);
        await dump.Content.ReadExactlyAsync(new byte[1_000_000]);
        await one.Cluster.ExecuteAsync("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        var error = await Should.ThrowAsync<ProblemException>(async () => await dump.Content.CopyToAsync(Stream.Null));
        error.Problem.Code.ShouldBe("connection-lost");
        (await Should.ThrowAsync<ProblemException>(dump.CompleteAsync)).Problem.Code.ShouldBe("connection-lost");
        dump.Proof.Conclude().ShouldNotBeNull();
    }

    [Fact]
    public async Task A_table_without_SELECT_is_named_by_the_check_and_by_the_run()
    {
        var database = await one.NewShopAsync(orders: 10);
        await one.Cluster.ExecuteAsync(database, $"CREATE ROLE reader_{database} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA shop TO reader_{database}; GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader_{database}; REVOKE SELECT ON shop.log FROM reader_{database}; GRANT SELECT ON ALL SEQUENCES IN SCHEMA shop TO reader_{database}");
        var settings = one.Cluster.Settings(database, $"reader_{database}", "x");
        var check = await engine.CheckAsync(settings, default);
        check.Problem.ShouldNotBeNull().Code.ShouldBe("table-permission");
        check.Problem!.Message.ShouldContain("1 table whole (shop.log)");
        check.Lines.ShouldContain(line => line.State == CheckState.Warning && line.Text.Contains("CREATEDB"));
        var error = await Should.ThrowAsync<ProblemException>(() => Dumping.DumpAsync(engine, settings, "plain"));
        error.Problem.Code.ShouldBe("table-permission");
        error.Problem.Message.ShouldContain("log");
    }

    [Fact]
    public async Task The_check_of_a_good_source_says_version_size_tool_and_rights()
    {
        var database = await one.NewShopAsync(orders: 10);
        var check = await engine.CheckAsync(one.Cluster.Settings(database), default);
        check.Problem.ShouldBeNull();
        check.EngineVersion.ShouldNotBeNull().ShouldStartWith("15.");
        check.SizeBytes.ShouldNotBeNull().ShouldBeGreaterThan(1_000_000);
        check.Lines.ShouldAllBe(line => line.State == CheckState.Good);
        check.Lines.ShouldContain(line => line.Text.StartsWith("pg_dump 15."));
    }

    [Theory]
    [InlineData("port", "1", "connection-refused")]
    [InlineData("host", "no-such-host.invalid", "host-not-found")]
    [InlineData("password", "wrong", "password-wrong")]
    [InlineData("user", "nobody at all", "password-wrong")]
    [InlineData("database", "no such", "database-missing")]
    [InlineData("sslmode", "require", "ssl-unsupported")]
    [InlineData("password", "", "password-missing")]
    public async Task Each_reason_why_a_server_is_not_reached_has_its_own_sentence(string setting, string value, string code)
    {
        var settings = one.Cluster.Settings("postgres").With(setting, value);
        var check = await engine.CheckAsync(settings, default);
        check.Problem.ShouldNotBeNull().Code.ShouldBe(code);
        check.Problem!.ToString().ShouldNotContain(PostgresCluster.Password);
        var error = await Should.ThrowAsync<ProblemException>(() => engine.StartDumpAsync(new DumpRequest(settings, "plain"), new RecordingLog(), default));
        error.Problem.Code.ShouldBe(code);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_within_seconds()
    {
        using var deaf = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        deaf.Start();
        var port = ((System.Net.IPEndPoint)deaf.LocalEndpoint).Port;
        var watch = Stopwatch.StartNew();
        var check = await engine.CheckAsync(one.Cluster.Settings("postgres").With("port", port.ToString()), default);
        check.Problem.ShouldNotBeNull().Code.ShouldBe("connection-timeout");
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(14));
    }

    [Fact]
    public async Task Without_any_pg_dump_the_check_and_the_dump_say_what_to_install()
    {
        using var empty = new TempFolder();
        var bare = EngineRegistry.Create(new EngineOptions([empty.Path]) { IsSystemSearched = false }).Find("postgresql")!;
        var check = await bare.CheckAsync(one.Cluster.Settings("postgres"), default);
        check.Problem.ShouldNotBeNull().Code.ShouldBe("tool-missing");
        check.Problem!.Next.ShouldContain("postgresql-client-15");
        (await Should.ThrowAsync<ProblemException>(() => Dumping.DumpAsync(bare, one.Cluster.Settings("postgres"), "plain"))).Problem.Code.ShouldBe("tool-missing");
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task No_password_stands_in_any_command_line_or_log(string format)
    {
        var database = await one.NewShopAsync(orders: 20_000);
        var log = new RecordingLog();
        using var watcher = new CommandLineWatcher();
        var dump = await Dumping.DumpAsync(engine, one.Cluster.Settings(database), format, log);
        await engine.RestoreAsync(Dumping.Request(one.Cluster.Settings(database), database, format), new MemoryStream(dump), log, default);
        var seen = await watcher.StopAsync();
        seen.ShouldContain(line => line.Contains("pg_dump"));
        seen.ShouldNotContain(line => line.Contains(PostgresCluster.Password) || line.Contains("cänary"));
        log.Text.ShouldNotContain("cänary");
        log.Lines.ShouldContain(line => line.Text.Contains("dumping contents of table \"shop.customers\""));
    }

    private async Task<string> BigAsync()
    {
        var database = await one.NewDatabaseAsync();
        await one.Cluster.ExecuteAsync(database, "CREATE TABLE big AS SELECT g, repeat(md5(g::text), 20) AS t FROM generate_series(1, 100000) g");
        return database;
    }

    private Task<long> BackendsAsync(string database) =>
        one.Cluster.ScalarAsync<long>("postgres", $"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND backend_type = 'client backend'");

    private Task<long> WaitingAsync(string database) =>
        one.Cluster.ScalarAsync<long>("postgres", $"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND wait_event_type = 'Lock'");

    private static List<string> ToolsRunningFor(string database) =>
        [.. CommandLineWatcher.All().Where(line => line.Contains("pg_dump") && line.Contains($"'{database}'"))];
}
