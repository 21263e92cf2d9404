using System.Text;
using System.Text.Json;
using Shouldly;
using Vault.Adapters;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Cli;

/// <summary><c>vaultctl restore</c> into real databases. Their server is this class's own: its hidden databases are counted, and others restore meanwhile.</summary>
public sealed class RestoreTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IDisposable
{
    private readonly CliFolder folder = new();
    private readonly string database = $"ctl {Guid.NewGuid():N}"[..20];

    private string Url => UrlOf(postgres.Cluster);

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_new_database_is_made_and_holds_the_same(string format)
    {
        var (source, backup) = await BackUpAsync(format);
        var ended = await RestoreAsync(CliFolder.Hex, backup, "--database", database);
        ended.ExitCode.ShouldBe(0, ended.Error);
        ended.Output.ShouldBe($"Restored into \"{database}\".\n");
        ended.Error.ShouldContain("Create the hidden database");
        ended.Error.ShouldNotContain(PostgresCluster.Password);
        (await PrintAsync(database)).DifferencesFrom(await PrintAsync(source)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_database_that_exists_is_replaced_only_when_told_so_and_the_old_one_is_kept()
    {
        var (source, backup) = await BackUpAsync();
        await postgres.Cluster.ExecuteAsync(source, "DELETE FROM orders");
        var before = await PrintAsync(source);
        var refused = await RestoreAsync(CliFolder.Hex, backup, "--database", source);
        refused.ExitCode.ShouldBe(6);
        refused.Error.ShouldContain("--replace");
        (await PrintAsync(source)).DifferencesFrom(before).ShouldBeEmpty();

        var done = await RestoreAsync(CliFolder.Hex, backup, "--database", source, "--replace", "--json");
        done.ExitCode.ShouldBe(0, done.Error);
        var answer = JsonDocument.Parse(done.Output).RootElement;
        answer.GetProperty("action").GetString().ShouldBe("replace");
        answer.GetProperty("isDone").GetBoolean().ShouldBeTrue();
        (await postgres.Cluster.ScalarAsync<long>(source, "SELECT count(*) FROM orders")).ShouldBe(500);
        (await PrintAsync(answer.GetProperty("keptAs").GetString()!)).DifferencesFrom(before).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dry_run_says_the_steps_and_changes_nothing_and_needs_no_key()
    {
        var (source, backup) = await BackUpAsync();
        var before = await PrintAsync(source);
        var ended = await RestoreAsync(null, backup, "--database", source, "--dry-run");
        ended.ExitCode.ShouldBe(0, ended.Error);
        ended.Output.ShouldContain("Nothing was changed");
        ended.Error.ShouldContain("1. Authenticate the whole backup");
        ended.Error.ShouldContain("[ok] Connected to PostgreSQL 15");
        var answer = JsonDocument.Parse((await RestoreAsync(null, backup, "--database", source, "--dry-run", "--json")).Output).RootElement;
        answer.GetProperty("steps").GetArrayLength().ShouldBeGreaterThan(3);
        answer.GetProperty("isDone").GetBoolean().ShouldBeFalse();
        answer.GetProperty("checks")[0].GetProperty("state").GetString().ShouldBe("good");
        (await PrintAsync(source)).DifferencesFrom(before).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("wrong key", 3)]
    [InlineData("flipped bit", 4)]
    [InlineData("missing metadata", 5)]
    public async Task A_backup_that_does_not_open_touches_nothing(string wrong, int exitCode)
    {
        using var folder = new CliFolder { Format = EncryptionFormat.Standard };
        var source = await postgres.MakeDatabaseAsync();
        var backup = await BackUpAsync(folder, postgres.Cluster, source);
        if (wrong == "flipped bit") await FlipAsync(backup);
        if (wrong == "missing metadata") File.Delete(backup + ".meta.json");
        var before = await PrintAsync(source);
        var ended = await RestoreAsync(wrong == "wrong key" ? CliFolder.OtherHex : CliFolder.Hex, backup, "--database", source, "--replace");
        ended.ExitCode.ShouldBe(exitCode, ended.Error);
        (await PrintAsync(source)).DifferencesFrom(before).ShouldBeEmpty();
        (await ShadowsAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_sealed_file_restores_with_its_key_alone(string format)
    {
        var (source, backup) = await BackUpAsync(format);
        var alone = folder.File("a");
        File.Move(backup, alone);
        (await RestoreAsync(CliFolder.Hex, alone, "--database", database)).ShouldSatisfyAllConditions(ended => ended.ExitCode.ShouldBe(0, ended.Error));
        (await PrintAsync(database)).DifferencesFrom(await PrintAsync(source)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Several_connections_need_a_folder_that_may_hold_the_unpacked_dump()
    {
        var (source, backup) = await BackUpAsync("custom");
        (await RestoreAsync(CliFolder.Hex, backup, "--database", database, "--jobs", "2")).ShouldSatisfyAllConditions(
            ended => ended.ExitCode.ShouldBe(2), ended => ended.Error.ShouldContain("--spool"));
        var done = await RestoreAsync(CliFolder.Hex, backup, "--database", database, "--jobs", "2", "--spool", folder.OutFolder);
        done.ExitCode.ShouldBe(0, done.Error);
        done.Error.ShouldContain("over 2 connections at once");
        (await PrintAsync(database)).DifferencesFrom(await PrintAsync(source)).ShouldBeEmpty();
        folder.Left.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_is_away_or_refuses_is_said_without_the_password()
    {
        var (_, backup) = await BackUpAsync();
        var away = await Ctl.RunAsync(["restore", backup, "--database", database], ("DATABASE_URL", "postgres://ann:canary@127.0.0.1:1/x"), ("VAULT_KEY", CliFolder.Hex));
        (away.ExitCode, away.Error.Contains("canary")).ShouldBe((6, false), away.Error);
        var none = await Ctl.RunAsync(["restore", backup, "--database", database], ("VAULT_KEY", CliFolder.Hex));
        (none.ExitCode, none.Error.Contains("DATABASE_URL")).ShouldBe((2, true), none.Error);
        var garbage = await Ctl.RunAsync(["restore", backup], ("DATABASE_URL", "canary"));
        (garbage.ExitCode, garbage.Error.Contains("canary")).ShouldBe((2, false), garbage.Error);
    }

    [Fact]
    public async Task The_password_may_come_beside_a_url_that_has_none()
    {
        var (source, backup) = await BackUpAsync();
        var ended = await Ctl.RunAsync(["restore", backup, "--to", $"postgres://postgres@127.0.0.1:{postgres.Cluster.Port}/postgres", "--database", database],
            ("PGPASSWORD", PostgresCluster.Password), ("VAULT_KEY", CliFolder.Hex));
        ended.ExitCode.ShouldBe(0, ended.Error);
        (await PrintAsync(database)).DifferencesFrom(await PrintAsync(source)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Ctrl_C_in_the_middle_leaves_the_target_as_it_was_and_nothing_beside_it()
    {
        var target = await postgres.MakeDatabaseAsync();
        var before = await PrintAsync(target);
        var backup = await folder.BackUpAsync(Encoding.UTF8.GetBytes("CREATE TABLE orders (id int);\nSELECT pg_sleep(120);\n"));
        using var running = Ctl.Start(["restore", backup, "--database", target, "--replace"], ("VAULT_KEY", CliFolder.Hex), ("DATABASE_URL", Url));
        var error = running.StandardError.ReadToEndAsync();
        await Eventually.TrueAsync(async () => await postgres.Cluster.ScalarAsync<long>("postgres",
            "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'vault_restore_%' AND query LIKE '%pg_sleep%'") > 0, "it restores");
        Ctl.Interrupt(running);
        await running.WaitForExitAsync();
        running.ExitCode.ShouldBe(130, await error);
        (await error).ShouldContain("cancelled");
        (await PrintAsync(target)).DifferencesFrom(before).ShouldBeEmpty();
        (await ShadowsAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_sqlite_file_is_replaced_and_the_old_content_kept()
    {
        var path = folder.File("shop.db");
        Execute(path, "CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2), (3)");
        var engine = EngineRegistry.Create(EngineOptions.Default).Find("sqlite")!;
        var dump = await engine.StartDumpAsync(new DumpRequest(new SettingValues(new Dictionary<string, string> { ["path"] = path }), "sqlite"), new RecordingLog(), default);
        var backup = await folder.BackUpAsync(dump, "sqlite");
        Execute(path, "DELETE FROM orders");
        var ended = await Ctl.RunAsync(["restore", backup, "--to", path, "--replace"], ("VAULT_KEY", CliFolder.Hex));
        ended.ExitCode.ShouldBe(0, ended.Error);
        Execute(path, "SELECT count(*) FROM orders").ShouldBe(3L);
        Execute(Directory.GetFiles(Path.GetDirectoryName(path)!, "shop.db.before-*").ShouldHaveSingleItem(), "SELECT count(*) FROM orders").ShouldBe(0L);
        (await Ctl.RunAsync(["restore", backup, "--database", database], ("VAULT_KEY", CliFolder.Hex), ("DATABASE_URL", Url))).Error.ShouldContain("cannot be restored into PostgreSQL");
    }

    internal static string UrlOf(PostgresCluster cluster) =>
        $"postgres://{PostgresCluster.User}:{Uri.EscapeDataString(PostgresCluster.Password)}@127.0.0.1:{cluster.Port}/postgres";

    internal static async Task<string> BackUpAsync(CliFolder folder, PostgresCluster cluster, string source, string format = "plain")
    {
        var engine = EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!;
        return await folder.BackUpAsync(await engine.StartDumpAsync(new DumpRequest(cluster.Settings(source), format), new RecordingLog(), default), "postgresql");
    }

    private async Task<(string Source, string Backup)> BackUpAsync(string format = "plain")
    {
        var source = await postgres.MakeDatabaseAsync();
        return (source, await BackUpAsync(folder, postgres.Cluster, source, format));
    }

    private Task<Ended> RestoreAsync(string? key, string backup, params string[] more) =>
        Ctl.RunAsync(["restore", backup, .. more], ("VAULT_KEY", key), ("DATABASE_URL", Url));

    private Task<DatabaseFingerprint> PrintAsync(string name) => DatabaseFingerprint.TakeAsync(postgres.Cluster.ConnectionString(name));

    private Task<long> ShadowsAsync() => postgres.Cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'vault_restore_%'");

    private static async Task FlipAsync(string path)
    {
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
    }

    private static object? Execute(string path, string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
