using System.Text.Json;
using Shouldly;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Runs;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Faults;

/// <summary>K7: a vault that was lost, its folder and its key in the safe.</summary>
public sealed class SmartRecoveryTests(PostgresServer postgres) : IDisposable
{
    private static readonly string Fixtures = Path.Combine(AppContext.BaseDirectory, "fixtures", "dbackup");
    private readonly TempFolder lost = new();
    private readonly TempFolder found = new();

    public void Dispose()
    {
        lost.Dispose();
        found.Dispose();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_new_vault_with_twenty_profiles_finds_the_one_key_that_was_imported_under_another_name(string format)
    {
        var database = await postgres.MakeDatabaseAsync();
        string hex;
        await using (var first = await Scene.StartAsync(lost, postgres.Cluster.Settings(database), format))
        {
            await first.BackUpAsync();
            using var key = await first.Vault.Profiles.OpenKeyAsync(first.ProfileId);
            hex = key.RevealHex();
        }

        Directory.Move(lost.File("backups"), found.File("backups"));
        await using var second = await Scene.StartAsync(found, postgres.Cluster.Settings(database), profile: "Profile 0");
        (await second.Vault.Scan.ScanAsync(second.DestinationId, default)).Added.ShouldBe(1);
        for (var at = 1; at < 19; at++) await second.Vault.Profiles.CreateAsync($"Profile {at}", Scene.Ada);
        (await second.Vault.Profiles.ImportAsync("XYZ", hex.ToUpperInvariant(), Scene.Ada)).IsOk.ShouldBeTrue();
        var backup = (await second.Vault.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem();

        await MustRecoverAsync(second, backup, $"{database} back", "XYZ");

        (await DatabaseFingerprint.TakeAsync(postgres.Cluster.ConnectionString(database)))
            .DifferencesFrom(await DatabaseFingerprint.TakeAsync(postgres.Cluster.ConnectionString($"{database} back"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_gzip_archive_that_DBackup_made_is_listed_and_restores_into_a_real_database()
    {
        await using var cluster = await PostgresCluster.StartAsync(); // of its own: a server that lacks the role of the dump
        await using var scene = await AdoptAsync("pg-gzip", cluster);
        var backup = (await scene.Vault.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem();
        (backup.Backup.Engine, backup.Backup.Databases, backup.Backup.IsEncrypted).ShouldBe(("postgresql", "shop", true));
        var database = $"dbackup {Guid.NewGuid():N}";
        var refused = await scene.RestoreAsync(backup, database);
        await scene.ShouldBeRedAsync(refused, "role-missing");
        refused.ProblemNext!.ShouldContain("CREATE ROLE \"app\"");
        (await CountDatabasesAsync(cluster, database, refused)).ShouldBe(0);
        await cluster.ExecuteAsync("postgres", "CREATE ROLE app");

        await MustRecoverAsync(scene, backup, database, "From the safe");

        (await cluster.ScalarAsync<long>(database, "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")).ShouldBeGreaterThan(0);
        (await cluster.ScalarAsync<long>(database, "SELECT sum((xpath('/row/c/text()', query_to_xml(format('SELECT count(*) AS c FROM %s', oid::regclass), false, true, '')))[1]::text::bigint)::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")).ShouldBeGreaterThan(0);
    }

    /// <summary>These two hold the first 1,500,000 bytes of a dump: their key is found, and a dump without its end is not let through.</summary>
    [Theory]
    [InlineData("plain-gzip")]
    [InlineData("plain-brotli")]
    public async Task A_cut_script_that_DBackup_stored_is_opened_and_then_refused_because_its_end_is_missing(string name)
    {
        await using var scene = await AdoptAsync(name, postgres.Cluster);
        var backup = (await scene.Vault.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem();
        var database = $"dbackup {Guid.NewGuid():N}";

        var run = await scene.RestoreAsync(backup, database);

        (await scene.Vault.LogOfAsync(run.Id)).Split('\n').ShouldContain("Smart Recovery Successful: Matched key from profile 'From the safe'");
        await scene.ShouldBeRedAsync(run, "dump-incomplete");
        (await CountDatabasesAsync(postgres.Cluster, database, run)).ShouldBe(0);
    }

    /// <summary>The target and the hidden database of the run.</summary>
    private static Task<long> CountDatabasesAsync(PostgresCluster cluster, string database, Run run) => cluster.ScalarAsync<long>(
        "postgres", $"SELECT count(*) FROM pg_database WHERE datname IN ('{database}', 'vault_restore_{run.Id.ToString("N")[^12..]}')");

    private static async Task MustRecoverAsync(Scene scene, BackupRow backup, string database, string profile)
    {
        var run = await scene.RestoreAsync(backup, database);
        await scene.ShouldSucceedAsync(run);
        (await scene.Vault.LogOfAsync(run.Id)).Split('\n').Count(line => line == $"Smart Recovery Successful: Matched key from profile '{profile}'").ShouldBe(1);
    }

    private async Task<Scene> AdoptAsync(string name, PostgresCluster cluster)
    {
        var scene = await Scene.StartAsync(found, cluster.Settings("postgres"));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Fixtures, name))) File.Copy(file, Path.Combine(scene.Vault.BackupFolder, Path.GetFileName(file)));
        (await scene.Vault.Scan.ScanAsync(scene.DestinationId, default)).Added.ShouldBe(1);
        using var manifest = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Fixtures, "manifest.json")));
        var hex = manifest.RootElement.GetProperty("master_key_hex").GetString()!;
        (await scene.Vault.Profiles.ImportAsync("From the safe", hex, Scene.Ada)).IsOk.ShouldBeTrue();
        return scene;
    }
}
