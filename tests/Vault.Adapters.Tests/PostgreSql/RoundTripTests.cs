using Shouldly;
using Vault.Core.Engines;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

public sealed class RoundTripTests(OneCluster one) : IClassFixture<OneCluster>
{
    private readonly IDatabaseEngine engine = EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!;

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_database_that_was_dropped_comes_back_as_it_was(string format)
    {
        var database = await one.NewShopAsync();
        var before = await FingerprintAsync(database);
        before.Count.ShouldBeGreaterThan(100);
        before.Contains("large object").ShouldBeTrue();
        before.Contains("comment").ShouldBeTrue();
        var tables = new List<TableRows>();
        var log = new RecordingLog();
        var dump = await Dumping.DumpAsync(engine, one.Cluster.Settings(database), format, log, tables);
        log.Lines.Where(line => line.Level >= LogLevel.Warning).ShouldBeEmpty("a good dump frightens nobody");
        tables.ShouldContain(new TableRows("shop.customers", 500));
        tables.ShouldContain(new TableRows("shop.Odd \"Names\"", 100));
        tables.ShouldContain(new TableRows("shop.empty", 0));
        tables.Where(t => t.Name.StartsWith("shop.orders_202", StringComparison.Ordinal)).Sum(t => t.Rows).ShouldBe(2000);
        await one.Cluster.ExecuteAsync("postgres", $"DROP DATABASE {database}");

        var request = Dumping.Request(one.Cluster.Settings(database), database, format);
        var plan = await engine.PlanRestoreAsync(request, default);
        plan.Problem.ShouldBeNull();
        plan.Action.ShouldBe(RestoreAction.CreateNew);
        var outcome = await engine.RestoreAsync(request, new MemoryStream(dump), new RecordingLog(), default);

        outcome.KeptAs.ShouldBeNull();
        (await FingerprintAsync(database)).DifferencesFrom(before).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_living_database_is_swapped_and_the_old_one_kept_with_all_that_stands_outside_of_dumps(string format)
    {
        var database = await one.NewShopAsync();
        await one.Cluster.ExecuteAsync("postgres", $$"""
            ALTER DATABASE {{database}} OWNER TO "Shop Owner";
            ALTER DATABASE {{database}} SET search_path TO "$user", shop, public;
            ALTER DATABASE {{database}} SET work_mem TO '7MB';
            ALTER ROLE shop_reader IN DATABASE {{database}} SET application_name TO 'it''s \ me';
            ALTER DATABASE {{database}} CONNECTION LIMIT 17;
            REVOKE CONNECT ON DATABASE {{database}} FROM PUBLIC;
            GRANT CONNECT ON DATABASE {{database}} TO shop_reader;
            COMMENT ON DATABASE {{database}} IS 'the shop''s \ own'
            """);
        var outside = await OutsideAsync(database);
        var before = await FingerprintAsync(database);
        var dump = await Dumping.DumpAsync(engine, one.Cluster.Settings(database), format);
        await one.Cluster.ExecuteAsync(database, "DELETE FROM shop.orders; CREATE TABLE shop.later (x int)");
        var changed = await FingerprintAsync(database);
        await using var visitor = new Npgsql.NpgsqlConnection(one.Cluster.ConnectionString(database));
        await visitor.OpenAsync();

        var request = Dumping.Request(one.Cluster.Settings(database), database, format);
        var plan = await engine.PlanRestoreAsync(request, default);
        plan.Action.ShouldBe(RestoreAction.Replace);
        plan.Checks.ShouldContain(line => line.Text.StartsWith("Connected now:"));
        var outcome = await engine.RestoreAsync(request, new MemoryStream(dump), new RecordingLog(), default);

        outcome.KeptAs.ShouldNotBeNull().ShouldStartWith($"{database}_before_");
        (await FingerprintAsync(database)).DifferencesFrom(before).ShouldBeEmpty();
        (await FingerprintAsync(outcome.KeptAs!)).DifferencesFrom(changed).ShouldBeEmpty();
        (await OutsideAsync(database)).ShouldBe(outside);
        (await ShadowsAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("plain", "My Shop \"5%\" 'ÄÖ' = x\\y")]
    [InlineData("custom", "postgres://nobody@nowhere/x")]
    [InlineData("plain", "dbname=template1 host=nowhere")]
    public async Task Odd_names_of_databases_and_odd_passwords_do_no_harm(string format, string database)
    {
        await one.NewDatabaseAsync(database);
        await one.Cluster.ExecuteAsync(database, "CREATE TABLE t AS SELECT g FROM generate_series(1, 10) g");
        var user = $"u {format} \" ' \\ ü {database.Length}";
        const string password = " sp:ce\\ 'q' \"d\" 100%41 ünï$HOME ";
        await one.Cluster.ExecuteAsync("postgres", $"CREATE ROLE \"{user.Replace("\"", "\"\"")}\" LOGIN SUPERUSER PASSWORD '{password.Replace("'", "''")}'");
        var settings = one.Cluster.Settings(database, user, password);
        (await engine.CheckAsync(settings, default)).Problem.ShouldBeNull();
        var dump = await Dumping.DumpAsync(engine, settings, format);
        var outcome = await engine.RestoreAsync(Dumping.Request(settings, database, format), new MemoryStream(dump), new RecordingLog(), default);
        outcome.KeptAs.ShouldNotBeNull();
        (await one.Cluster.ScalarAsync<long>(database, "SELECT sum(g) FROM t")).ShouldBe(55);
        (await engine.ListDatabasesAsync(settings, default)).ShouldContain(database);
    }

    [Fact]
    public async Task A_swap_wins_against_a_program_that_reconnects_at_once()
    {
        var database = await one.NewShopAsync(orders: 100);
        var dump = await Dumping.DumpAsync(engine, one.Cluster.Settings(database), "custom");
        using var stop = new CancellationTokenSource();
        var crowd = Enumerable.Range(0, 8).Select(_ => Task.Run(() => ReconnectAsync(database, stop.Token))).ToList();
        try
        {
            var outcome = await engine.RestoreAsync(Dumping.Request(one.Cluster.Settings(database), database, "custom"), new MemoryStream(dump), new RecordingLog(), default);
            outcome.KeptAs.ShouldNotBeNull();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(crowd);
        }
    }

    private async Task ReconnectAsync(string database, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
            try
            {
                await using var connection = new Npgsql.NpgsqlConnection(one.Cluster.ConnectionString(database));
                await connection.OpenAsync(stop);
                await using var command = new Npgsql.NpgsqlCommand("SELECT pg_sleep(1)", connection);
                await command.ExecuteNonQueryAsync(stop);
            }
            catch (Exception error) when (error is Npgsql.NpgsqlException or OperationCanceledException)
            {
                // Thrown out: comes back at once.
            }
    }

    private Task<DatabaseFingerprint> FingerprintAsync(string database) => DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(database));

    private Task<long> ShadowsAsync() => one.Cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'vault\\_restore%'");

    private Task<string> OutsideAsync(string database) => one.Cluster.ScalarAsync<string>("postgres", $"""
        SELECT concat_ws(' | ', pg_get_userbyid(datdba), datconnlimit, shobj_description(d.oid, 'pg_database'), encoding, datcollate, datctype,
          (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(datacl) a),
          (SELECT string_agg(setrole::regrole || ':' || setconfig::text, ',' ORDER BY setrole) FROM pg_db_role_setting s WHERE setdatabase = d.oid))
        FROM pg_database d WHERE datname = '{database}'
        """);
}
