using System.Text.Json.Nodes;
using Npgsql;
using Shouldly;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Runs;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Faults;

/// <summary>R2: where a backup can go, and that a target is either restored whole or as it was.</summary>
public sealed class RestoreTargetTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task The_same_database_another_one_and_a_new_one_get_the_content_and_what_was_replaced_is_kept(string format)
    {
        var (database, other) = (await ShopAsync(), await postgres.MakeDatabaseAsync(rows: 7));
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database), format);
        var (backup, original) = (await scene.BackUpAsync(), await PrintAsync(database));
        await postgres.Cluster.ExecuteAsync(database, "DROP TABLE orders; CREATE TABLE broken (x int)");
        var (broken, small) = (await PrintAsync(database), await PrintAsync(other));

        foreach (var (target, old) in new[] { (database, broken), (other, small), ($"{database} new", null) })
        {
            var plan = (await scene.Vault.Restores.PlanAsync(backup.Backup.Id, scene.TargetOf(backup, target), default)).Value;
            plan.Action.ShouldBe(old is null ? RestoreAction.CreateNew : RestoreAction.Replace);
            var run = await scene.RestoreAsync(backup, target);
            await scene.ShouldSucceedAsync(run);
            (await PrintAsync(target)).DifferencesFrom(original).ShouldBeEmpty();
            if (old is null) run.KeptAs.ShouldBeNull();
            else (await PrintAsync(run.KeptAs!)).DifferencesFrom(old).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Another_server_gets_the_content_once_it_has_the_roles()
    {
        var database = await ShopAsync();
        await postgres.Cluster.ExecuteAsync(database, "CREATE ROLE teller; GRANT SELECT ON orders TO teller");
        await using var second = await PostgresCluster.StartAsync();
        await second.CreateDatabaseAsync("shop");
        await second.ExecuteAsync("postgres", "CREATE ROLE \"Shop Owner\"; CREATE ROLE shop_reader");
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database));
        var source = await scene.Vault.AddSourceAsync("other server", "postgresql", second.Settings("shop"));
        var backup = await scene.BackUpAsync();

        var refused = await scene.RestoreAsync(backup, "shop", source);
        await scene.ShouldBeRedAsync(refused, "role-missing");
        refused.ProblemMessage!.ShouldContain("\"teller\"");
        refused.ProblemNext!.ShouldContain("CREATE ROLE \"teller\"");
        (await second.ScalarAsync<string>("postgres", "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database")).ShouldBe("postgres,shop,template0,template1");

        await second.ExecuteAsync("postgres", "CREATE ROLE teller");
        await scene.ShouldSucceedAsync(await scene.RestoreAsync(backup, "shop", source));
        (await DatabaseFingerprint.TakeAsync(second.ConnectionString("shop"))).DifferencesFrom(await PrintAsync(database)).ShouldBeEmpty();
        (await second.ScalarAsync<bool>("shop", "SELECT has_table_privilege('teller', 'orders', 'SELECT')")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_restore_that_fails_at_its_end_leaves_the_target_byte_for_byte(string format)
    {
        var database = await ShopAsync();
        var role = $"gone_{Guid.NewGuid():N}";
        await postgres.Cluster.ExecuteAsync(database, $"CREATE ROLE {role}; GRANT SELECT ON orders TO {role}"); // rights come last
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database), format);
        var backup = await scene.BackUpAsync();
        await postgres.Cluster.ExecuteAsync(database, $"REVOKE ALL ON orders FROM {role}; DROP ROLE {role}; INSERT INTO orders VALUES (-1, 'new since')");
        var (before, row) = (await PrintAsync(database), await RowOfAsync(database));

        var run = await scene.RestoreAsync(backup, database);

        await scene.ShouldBeRedAsync(run, "role-missing");
        (await PrintAsync(database)).DifferencesFrom(before).ShouldBeEmpty();
        (await RowOfAsync(database)).ShouldBe(row);
        (await DatabasesLikeAsync($"{database}%")).ShouldBe(1);
        (await DatabasesLikeAsync(ShadowOf(run))).ShouldBe(0);
    }

    [Fact]
    public async Task Pools_that_reconnect_at_once_do_not_stop_the_swap_and_see_the_new_content_after_it()
    {
        var database = await ShopAsync();
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database));
        var backup = await scene.BackUpAsync();
        await postgres.Cluster.ExecuteAsync(database, "UPDATE orders SET note = 'wrong'");
        using var stop = new CancellationTokenSource();
        var people = Enumerable.Range(0, 8).Select(_ => WorkAsync(database, stop.Token)).ToList();
        await Eventually.TrueAsync(async () => await postgres.SessionsAsync(database, "application_name = 'person'") > 3, "people work");

        var plan = (await scene.Vault.Restores.PlanAsync(backup.Backup.Id, scene.TargetOf(backup, database), default)).Value;
        plan.Checks.ShouldContain(check => check.State == CheckState.Warning && check.Text.Contains("person"));
        await scene.ShouldSucceedAsync(await scene.RestoreAsync(backup, database));

        await Eventually.TrueAsync(async () => await postgres.SessionsAsync(database, "application_name = 'person'") > 3, "people work again");
        await stop.CancelAsync();
        await Task.WhenAll(people);
        (await postgres.Cluster.ScalarAsync<long>(database, "SELECT count(*) FROM orders WHERE note = 'wrong'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_target_older_than_the_dump_is_refused_before_it_starts()
    {
        var database = await ShopAsync();
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database));
        var path = scene.PathOf(await scene.BackUpAsync()) + ".meta.json";
        var json = JsonNode.Parse(await File.ReadAllBytesAsync(path))!;
        (json["engineVersion"], json["toolVersion"], json["backupId"]) = ("18.1", "pg_dump 18.1", Guid.NewGuid().ToString());
        await File.WriteAllTextAsync(path.Replace(".sql.gz", "-newer.sql.gz"), json.ToJsonString());
        File.Copy(path.Replace(".meta.json", ""), path.Replace(".sql.gz", "-newer.sql.gz").Replace(".meta.json", ""));
        (await scene.Vault.Scan.ScanAsync(scene.DestinationId, default)).Added.ShouldBe(1);
        var newer = (await scene.Vault.Backups.ListAsync(new BackupFilter())).Single(row => row.Backup.EngineVersion == "18.1");

        var started = await scene.Vault.Restores.StartAsync(newer.Backup.Id, scene.TargetOf(newer, database), database, Scene.Ada, default);

        started.Problem.ShouldNotBeNull().Code.ShouldBe("target-too-old");
        started.Problem!.Message.ShouldContain("18");
        started.Problem.Next.ShouldContain("version 18 or newer");
    }

    [Fact]
    public async Task Two_restores_into_one_database_at_once_run_after_each_other_and_both_old_ones_are_kept()
    {
        var database = await postgres.MakeDatabaseAsync(rows: 5);
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database));
        var backup = await scene.BackUpAsync();
        var sameServer = await scene.Vault.AddSourceAsync("the same server again", "postgresql", postgres.Cluster.Settings("postgres"));

        var ids = await Task.WhenAll(scene.StartRestoreAsync(backup, database), scene.StartRestoreAsync(backup, database),
            scene.StartRestoreAsync(backup, database, sameServer), scene.StartRestoreAsync(backup, database, sameServer));
        var runs = await Task.WhenAll(ids.Select(scene.Vault.EndOfAsync));

        foreach (var run in runs) await scene.ShouldSucceedAsync(run);
        runs.Select(run => run.KeptAs).Distinct().Count().ShouldBe(4);
        (await postgres.Cluster.ScalarAsync<long>(database, "SELECT count(*) FROM orders")).ShouldBe(5);
        (await DatabasesLikeAsync($"{database}\\_before\\_%")).ShouldBe(4);
    }

    [Fact]
    public async Task A_new_database_that_somebody_else_creates_meanwhile_stays_theirs()
    {
        var database = await postgres.MakeDatabaseAsync(rows: 5);
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database));
        var (backup, target) = (await scene.BackUpAsync(), $"{database} new");

        var ids = await Task.WhenAll(scene.StartRestoreAsync(backup, target), scene.StartRestoreAsync(backup, target, await scene.Vault.AddSourceAsync("again", "postgresql", postgres.Cluster.Settings("postgres"))));
        var runs = await Task.WhenAll(ids.Select(scene.Vault.EndOfAsync));

        runs.ShouldContain(run => run.State == RunState.Succeeded);
        foreach (var lost in runs.Where(run => run.State != RunState.Succeeded)) await scene.ShouldBeRedAsync(lost, "target-appeared");
        (await postgres.Cluster.ScalarAsync<long>(target, "SELECT count(*) FROM orders")).ShouldBe(5);
        foreach (var run in runs) (await DatabasesLikeAsync(ShadowOf(run))).ShouldBe(0);
    }

    [Fact]
    public async Task A_backup_cannot_be_deleted_while_it_is_restored_and_a_file_that_goes_is_told()
    {
        var database = await postgres.MakeDatabaseAsync();
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database));
        var backup = await scene.BackUpAsync();
        await using var block = new NpgsqlConnection(postgres.Cluster.ConnectionString("template0", "postgres"));
        var target = $"{database} new";
        Guid runId;
        // The template of the hidden database, held: CREATE DATABASE waits for whoever is connected to it.
        await postgres.Cluster.ExecuteAsync("postgres", "ALTER DATABASE template0 ALLOW_CONNECTIONS true");
        try
        {
            await block.OpenAsync();
            runId = await scene.StartRestoreAsync(backup, target);
            await Eventually.TrueAsync(async () => (await scene.Vault.LogOfAsync(runId)).Contains("its end is there"), "the backup is opened");
            (await scene.Vault.Backups.DeleteAsync(backup.Backup.Id, Scene.Ada)).ShouldBeProblem("backup-in-use");
            File.Delete(scene.PathOf(backup)); // by hand, behind Vault's back: what is open stays readable
        }
        finally
        {
            await block.CloseAsync();
            await postgres.Cluster.ExecuteAsync("postgres", "ALTER DATABASE template0 ALLOW_CONNECTIONS false");
        }

        await scene.ShouldSucceedAsync(await scene.Vault.EndOfAsync(runId));
        await scene.ShouldBeRedAsync(await scene.RestoreAsync(backup, $"{target} 2"), "object-missing");
    }

    private async Task<string> ShopAsync()
    {
        var database = await postgres.MakeDatabaseAsync();
        await ShopSchema.SeedAsync(postgres.Cluster, database, orders: 200);
        return database;
    }

    /// <summary>Connects again as soon as it is thrown out, as a pool does.</summary>
    private async Task WorkAsync(string database, CancellationToken stop)
    {
        var text = new NpgsqlConnectionStringBuilder(postgres.Cluster.ConnectionString(database)) { ApplicationName = "person" }.ConnectionString;
        while (!stop.IsCancellationRequested)
            try
            {
                await using var connection = new NpgsqlConnection(text);
                await connection.OpenAsync(CancellationToken.None);
                await using var command = new NpgsqlCommand("SELECT count(*), pg_sleep(0.05) FROM orders", connection);
                while (!stop.IsCancellationRequested) await command.ExecuteScalarAsync(CancellationToken.None);
            }
            catch (NpgsqlException)
            {
                // Thrown out by the swap.
            }
    }

    private async Task<DatabaseFingerprint> PrintAsync(string database) => await DatabaseFingerprint.TakeAsync(postgres.Cluster.ConnectionString(database));

    private Task<string> RowOfAsync(string database) => postgres.Cluster.ScalarAsync<string>("postgres", $"SELECT oid || to_jsonb(d)::text FROM pg_database d WHERE datname = '{database}'");

    private Task<long> DatabasesLikeAsync(string pattern) => postgres.Cluster.ScalarAsync<long>("postgres", $"SELECT count(*) FROM pg_database WHERE datname LIKE '{pattern}'");

    private static string ShadowOf(Run run) => $"vault\\_restore\\_{run.Id.ToString("N")[^12..]}";
}
