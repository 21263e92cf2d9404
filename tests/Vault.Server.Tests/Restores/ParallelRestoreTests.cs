using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Vault.Core;
using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Settings;
using Vault.Server.Tests.Faults;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Restores;

/// <summary>R5: restores over several connections, as the pages start them.</summary>
public sealed class ParallelRestoreTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder folder = new();

    private string Spool => folder.File("data/spool");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_backup_goes_back_over_two_connections_and_the_log_says_so()
    {
        var (database, scene) = await SceneAsync();
        await using var _ = scene;
        var (backup, original) = (await scene.BackUpAsync(), await PrintAsync(database));
        await postgres.Cluster.ExecuteAsync(database, "DROP TABLE orders; CREATE TABLE broken (x int)");

        var run = await StartAsync(scene, scene.TargetOf(backup, database) with { ParallelConnections = 2 });

        await scene.ShouldSucceedAsync(run);
        (await PrintAsync(database)).DifferencesFrom(original).ShouldBeEmpty();
        var log = await scene.Vault.LogOfAsync(run.Id);
        log.ShouldContain($"The unpacked dump, not encrypted, is in {Spool} in a file without a name until pg_restore has ended.");
        log.ShouldContain("Restoring over 2 connections at once.");
        Directory.EnumerateFileSystemEntries(Spool).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_forbidden_after_it_was_queued_is_not_done()
    {
        var (database, scene) = await SceneAsync();
        await using var _ = scene;
        var backup = await scene.BackUpAsync();
        var target = scene.TargetOf(backup, database) with { ParallelConnections = 2 };
        (await PlanStepsAsync(scene, target)).ShouldContain(step => step.Contains("NOT encrypted"));
        await scene.Get<SpoolRule>().SetAsync(false, Scene.Ada);

        (await PlanStepsAsync(scene, target)).ShouldNotContain(step => step.Contains("NOT encrypted"));
        (await scene.Vault.Restores.ParallelAsync(backup.Backup)).ShouldSatisfyAllConditions(
            choice => choice.IsOffered.ShouldBeFalse(), choice => choice.Reason.ShouldNotBeNull().ShouldContain("forbids"));
        var run = await StartAsync(scene, target);

        await scene.ShouldSucceedAsync(run);
        (await scene.Vault.LogOfAsync(run.Id)).ShouldContain("Restoring with 1 connection: this vault forbids unencrypted data on its disk.");
        Directory.Exists(Spool).ShouldBeFalse();
        (await scene.Get<AuditLog>().ListAsync(new AuditFilter(null, "spool-forbidden"), 0, 9)).Entries.ShouldHaveSingleItem().Actor.ShouldBe(Scene.Ada.Name);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("surely", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public async Task The_environment_forbids_it_and_then_no_admin_can_allow_it(string word, bool isForbidden)
    {
        var (_, scene) = await SceneAsync();
        await using var _ = scene;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("VAULT_FORBID_SPOOL", word), new("VAULT_SPOOL", folder.File("elsewhere"))]).Build();
        var rule = new SpoolRule(scene.Get<IDbContextFactory<VaultDb>>(), scene.Get<VaultFolder>(), configuration, scene.Get<AuditLog>());
        await rule.SetAsync(true, Scene.Ada);
        (await rule.AllowedFolderAsync()).ShouldBe(isForbidden ? null : folder.File("elsewhere"));
    }

    [Fact]
    public async Task A_disk_that_becomes_full_is_told_and_the_target_is_as_it_was()
    {
        var (database, scene) = await SceneAsync();
        await using var _ = scene;
        var backup = await scene.BackUpAsync();
        await using var disk = await Disk.MountAsync(Spool, "size=64k");
        var target = scene.TargetOf(backup, database) with { ParallelConnections = 2 };
        var before = await PrintAsync(database);
        // Its size is known: nothing is begun that cannot end.
        var fallen = await StartAsync(scene, target with { Database = $"{database} new" });
        await scene.ShouldSucceedAsync(fallen);
        (await scene.Vault.LogOfAsync(fallen.Id)).ShouldContain("Restoring with 1 connection: the unpacked dump needs ");
        await using (var db = scene.Vault.Db()) await db.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.DumpSizeBytes, (long?)null));

        var run = await StartAsync(scene, target);

        await scene.ShouldBeRedAsync(run, "spool-full");
        run.ProblemNext!.ShouldContain("Restore with 1 connection");
        (await PrintAsync(database)).DifferencesFrom(before).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Spool).ShouldBeEmpty();
        (await postgres.Cluster.ScalarAsync<long>("postgres", $"SELECT count(*) FROM pg_database WHERE datname LIKE 'vault\\_restore\\_{run.Id.ToString("N")[^12..]}'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_damaged_backup_never_starts_pg_restore()
    {
        var (database, scene) = await SceneAsync();
        await using var _ = scene;
        var backup = await scene.BackUpAsync();
        var bytes = await File.ReadAllBytesAsync(scene.PathOf(backup));
        bytes[^100] ^= 1;
        await File.WriteAllBytesAsync(scene.PathOf(backup), bytes);
        var before = await PrintAsync(database);

        var run = await StartAsync(scene, scene.TargetOf(backup, database) with { ParallelConnections = 2 });

        run.State.ShouldBe(RunState.Failed);
        (await scene.Vault.LogOfAsync(run.Id)).ShouldNotContain("pg_restore:");
        (await PrintAsync(database)).DifferencesFrom(before).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    public async Task A_number_of_connections_that_makes_no_sense_is_refused(int connections)
    {
        var (database, scene) = await SceneAsync();
        await using var _ = scene;
        var backup = await scene.BackUpAsync();
        var target = scene.TargetOf(backup, database) with { ParallelConnections = connections };
        (await scene.Vault.Restores.StartAsync(backup.Backup.Id, target, database, Scene.Ada, default)).Problem.ShouldNotBeNull().Code.ShouldBe("connections-invalid");
    }

    [Fact]
    public void What_an_older_vault_queued_uses_one_connection() =>
        RestoreTarget.FromJson($$"""{"CopyId":"{{Guid.NewGuid()}}","SourceId":"{{Guid.NewGuid()}}","Database":"shop"}""").ParallelConnections.ShouldBe(1);

    [Theory]
    [InlineData("postgresql", "custom", 300_000_000L, 2, 1)]
    [InlineData("postgresql", "custom", 300_000_000L, 4, 4)]
    [InlineData("postgresql", "custom", 300_000_000L, 64, 4)]
    [InlineData("postgresql", "custom", 1_000_000L, 64, 1)]
    [InlineData("postgresql", "custom", null, 64, 1)]
    public async Task Only_large_archives_on_four_cores_are_proposed_to_use_more_than_one(string engine, string format, long? size, int cores, int proposed)
    {
        var (_, scene) = await SceneAsync();
        await using var _ = scene;
        var choice = ParallelChoice.Of(scene.Get<Vault.Adapters.EngineRegistry>().Find(engine)!.Description, format, size, "/spool", cores);
        (choice.IsOffered, choice.Proposed, choice.Folder).ShouldBe((true, proposed, "/spool"));
    }

    [Fact]
    public async Task A_script_and_a_file_are_restored_over_one_and_a_script_says_why()
    {
        var (_, scene) = await SceneAsync();
        await using var _ = scene;
        var engines = scene.Get<Vault.Adapters.EngineRegistry>();
        var script = ParallelChoice.Of(engines.Find("postgresql")!.Description, "plain", 1L << 40, "/spool", 4);
        (script.IsOffered, script.Proposed).ShouldBe((false, 1));
        script.Reason.ShouldNotBeNull().ShouldContain("format custom");
        ParallelChoice.Of(engines.Find("sqlite")!.Description, "sqlite", 1L << 40, "/spool", 4).ShouldBe(ParallelChoice.None);
    }

    private async Task<(string Database, Scene Scene)> SceneAsync()
    {
        var database = await postgres.MakeDatabaseAsync();
        await ShopSchema.SeedAsync(postgres.Cluster, database, orders: 500);
        return (database, await Scene.StartAsync(folder, postgres.Cluster.Settings(database), "custom"));
    }

    private static async Task<Run> StartAsync(Scene scene, RestoreTarget target)
    {
        await using var db = scene.Vault.Db();
        var backupId = (await db.Copies.FindAsync(target.CopyId))!.BackupId;
        var started = await scene.Vault.Restores.StartAsync(backupId, target, target.Database, Scene.Ada, default);
        started.Problem.ShouldBeNullProblem();
        return await scene.Vault.EndOfAsync(started.Value);
    }

    private static async Task<IReadOnlyList<string>> PlanStepsAsync(Scene scene, RestoreTarget target)
    {
        await using var db = scene.Vault.Db();
        var backupId = (await db.Copies.FindAsync(target.CopyId))!.BackupId;
        return (await scene.Vault.Restores.PlanAsync(backupId, target, default)).Value.Steps;
    }

    private async Task<DatabaseFingerprint> PrintAsync(string database) => await DatabaseFingerprint.TakeAsync(postgres.Cluster.ConnectionString(database));
}
