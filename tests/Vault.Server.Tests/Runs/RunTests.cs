using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Runs;

public sealed class RunTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder folder = new();

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_backup_is_recorded_and_restores_into_a_new_database_with_the_same_content(string format)
    {
        await using var vault = TestVault.Start(folder.Path);
        var database = await postgres.MakeDatabaseAsync();
        var (jobId, sourceId, _) = await AddJobAsync(vault, database, "Shop", format);

        var run = await vault.EndOfAsync((await vault.Jobs.StartAsync(jobId, TestVault.Ada)).Value);
        run.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(run.Id));
        var backup = (await vault.Backups.FindAsync(run.BackupId!.Value))!;
        backup.Backup.State.ShouldBe(BackupState.Available);
        (backup.Backup.RunId, backup.Backup.JobId, backup.Backup.SourceId).ShouldBe((run.Id, jobId, sourceId));
        backup.Backup.IsEncrypted.ShouldBeTrue();
        if (format == "plain") BackupRows.TablesOf(backup.Backup).ShouldContain(new Vault.Core.Engines.TableRows("public.orders", 500));
        vault.StoredFiles.ShouldBe([backup.Copies[0].Copy.ObjectName, backup.Copies[0].Copy.ObjectName + ".meta.json"]);

        var restored = await RestoreAsync(vault, backup, new RestoreTarget(backup.Copies[0].Copy.Id, sourceId, database + " new"));
        restored.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(restored.Id));
        (await PrintAsync(database)).DifferencesFrom(await PrintAsync(database + " new")).ShouldBeEmpty();

        var replaced = await RestoreAsync(vault, backup, new RestoreTarget(backup.Copies[0].Copy.Id, sourceId, database));
        replaced.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(replaced.Id));
        replaced.KeptAs.ShouldNotBeNull();
        replaced.RequestJson.ShouldNotContain(PostgresCluster.Password);
    }

    [Fact]
    public async Task A_lost_profile_that_was_imported_under_another_name_still_restores_and_the_log_says_so()
    {
        await using var vault = TestVault.Start(folder.Path);
        var database = await postgres.MakeDatabaseAsync();
        var (jobId, sourceId, profileId) = await AddJobAsync(vault, database, "Shop");
        var run = await vault.EndOfAsync((await vault.Jobs.StartAsync(jobId, TestVault.Ada)).Value);
        var backup = (await vault.Backups.FindAsync(run.BackupId!.Value))!;
        string hex;
        using (var key = await vault.Profiles.OpenKeyAsync(profileId)) hex = key.RevealHex();
        await using (var db = vault.Db())
        {
            await db.Jobs.ExecuteUpdateAsync(set => set.SetProperty(j => j.ProfileId, (Guid?)null));
            await db.EncryptionProfiles.ExecuteDeleteAsync();
        }

        await vault.Profiles.CreateAsync("a wrong one", TestVault.Ada);
        (await vault.Profiles.ImportAsync("from the safe", hex, TestVault.Ada)).IsOk.ShouldBeTrue();
        var restored = await RestoreAsync(vault, backup, new RestoreTarget(backup.Copies[0].Copy.Id, sourceId, database + " again"));

        restored.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(restored.Id));
        (await vault.LogOfAsync(restored.Id)).Split('\n').ShouldContain("Smart Recovery Successful: Matched key from profile 'from the safe'");
        (await PrintAsync(database)).DifferencesFrom(await PrintAsync(database + " again")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_jobs_whose_names_differ_only_in_a_blank_make_two_right_backups_at_once()
    {
        await using var vault = TestVault.Start(folder.Path);
        var (first, second) = (await postgres.MakeDatabaseAsync(111), await postgres.MakeDatabaseAsync(222));
        var (jobA, sourceA, profileId) = await AddJobAsync(vault, first, "My Shop");
        var sourceB = await vault.AddSourceAsync("B", "postgresql", postgres.Cluster.Settings(second));
        await using var db = vault.Db();
        var jobB = await vault.AddJobAsync("My  Shop", sourceB, (await db.Destinations.SingleAsync()).Id, profileId);

        var runs = await Task.WhenAll(
            StartAndEndAsync(vault, jobA), StartAndEndAsync(vault, jobB));

        runs.ShouldAllBe(r => r.State == RunState.Succeeded);
        var backups = new[] { (await vault.Backups.FindAsync(runs[0].BackupId!.Value))!, (await vault.Backups.FindAsync(runs[1].BackupId!.Value))! };
        backups[0].Copies[0].Copy.ObjectName.ShouldNotBe(backups[1].Copies[0].Copy.ObjectName);
        backups.Select(b => BackupRows.TablesOf(b.Backup)[0].Rows).ShouldBe([111, 222]);
        foreach (var backup in backups)
            (await RestoreAsync(vault, backup, new RestoreTarget(backup.Copies[0].Copy.Id, sourceA, backup.Backup.Databases + " copy"))).State.ShouldBe(RunState.Succeeded);
        (await postgres.Cluster.ScalarAsync<long>(first + " copy", "SELECT count(*) FROM orders")).ShouldBe(111);
        (await postgres.Cluster.ScalarAsync<long>(second + " copy", "SELECT count(*) FROM orders")).ShouldBe(222);
    }

    [Fact]
    public async Task One_job_never_runs_twice_at_once_and_all_runs_together_keep_to_the_limit()
    {
        await using var vault = TestVault.Start(folder.Path, runsAtOnce: 2);
        var database = await postgres.MakeDatabaseAsync(5000);
        var (job, sourceId, profileId) = await AddJobAsync(vault, database, "One");
        await using var db = vault.Db();
        var destination = (await db.Destinations.SingleAsync()).Id;
        var jobs = new[] { job, await vault.AddJobAsync("Two", sourceId, destination, profileId), await vault.AddJobAsync("Three", sourceId, destination, profileId) };

        var ids = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i => (await vault.Jobs.StartAsync(jobs[i % 3], TestVault.Ada)).Value));
        var runs = await Task.WhenAll(ids.Select(vault.EndOfAsync));

        runs.ShouldAllBe(r => r.State == RunState.Succeeded);
        foreach (var ofOneJob in runs.GroupBy(r => r.JobId)) MostAtOnce(ofOneJob).ShouldBe(1);
        MostAtOnce(runs).ShouldBe(2);
        (await db.Backups.CountAsync()).ShouldBe(12);
    }

    [Fact]
    public async Task Cancel_ends_the_dump_within_a_second_and_leaves_neither_object_nor_session()
    {
        await using var vault = TestVault.Start(folder.Path, runsAtOnce: 1);
        var database = await postgres.MakeDatabaseAsync();
        var (jobId, _, _) = await AddJobAsync(vault, database, "Shop");
        await using var held = await postgres.HoldAsync(database);
        var running = (await vault.Jobs.StartAsync(jobId, TestVault.Ada)).Value;
        await Eventually.TrueAsync(() => postgres.IsDumpWaitingAsync(database), "the dump waits for the table");
        var queued = (await vault.Jobs.StartAsync(jobId, TestVault.Ada)).Value;

        (await vault.Runs.CancelAsync(queued, TestVault.Ada)).ShouldBeNull();
        (await vault.Runs.CancelAsync(running, TestVault.Ada)).ShouldBeNull();
        var took = await Eventually.TrueAsync(async () => await postgres.SessionsAsync(database, "true") == 0, "no session of the dump is open");

        took.ShouldBeLessThan(TimeSpan.FromSeconds(1));
        (await vault.EndOfAsync(running)).State.ShouldBe(RunState.Cancelled);
        (await vault.EndOfAsync(queued)).State.ShouldBe(RunState.Cancelled);
        (await vault.Runs.FindAsync(queued))!.StartedAt.ShouldBeNull();
        vault.StoredFiles.ShouldBeEmpty();
        (await vault.Runs.CancelAsync(running, TestVault.Ada)).ShouldNotBeNull().Code.ShouldBe("run-not-running");
    }

    [Fact]
    public async Task A_failed_dump_makes_a_red_run_with_its_cause_and_nothing_is_listed()
    {
        await using var vault = TestVault.Start(folder.Path);
        var sourceId = await vault.AddSourceAsync("gone", "postgresql", postgres.Cluster.Settings("no such database"));
        var jobId = await vault.AddJobAsync("gone", sourceId, await vault.AddDestinationAsync(), null);

        var run = await StartAndEndAsync(vault, jobId);

        run.State.ShouldBe(RunState.Failed);
        run.ProblemMessage.ShouldNotBeNullOrEmpty();
        run.ProblemNext.ShouldNotBeNullOrEmpty();
        (await vault.LogOfAsync(run.Id)).ShouldContain(run.ProblemMessage!);
        (await vault.LogOfAsync(run.Id)).ShouldNotContain(PostgresCluster.Password);
        (await vault.Backups.ListAsync(new BackupFilter())).ShouldBeEmpty();
        vault.StoredFiles.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_restore_that_was_not_confirmed_by_the_name_does_not_start()
    {
        await using var vault = TestVault.Start(folder.Path);
        var database = await postgres.MakeDatabaseAsync();
        var (jobId, sourceId, _) = await AddJobAsync(vault, database, "Shop");
        var backup = (await vault.Backups.FindAsync((await StartAndEndAsync(vault, jobId)).BackupId!.Value))!;

        var target = new RestoreTarget(backup.Copies[0].Copy.Id, sourceId, database);
        var started = await vault.Restores.StartAsync(backup.Backup.Id, target, "shop", TestVault.Ada, default);

        started.Problem.ShouldNotBeNull().Code.ShouldBe("not-confirmed");
        (await vault.Runs.ListAsync(new RunFilter(Kind: RunKind.Restore), 0, 10)).Total.ShouldBe(0);
    }

    public void Dispose() => folder.Dispose();

    private async Task<(Guid JobId, Guid SourceId, Guid ProfileId)> AddJobAsync(TestVault vault, string database, string name, string format = "plain")
    {
        var profileId = (await vault.Profiles.CreateAsync("main", TestVault.Ada)).Value;
        var sourceId = await vault.AddSourceAsync(database, "postgresql", postgres.Cluster.Settings(database));
        return (await vault.AddJobAsync(name, sourceId, await vault.AddDestinationAsync(), profileId, format), sourceId, profileId);
    }

    private static async Task<Run> StartAndEndAsync(TestVault vault, Guid jobId) =>
        await vault.EndOfAsync((await vault.Jobs.StartAsync(jobId, TestVault.Ada)).Value);

    private static async Task<Run> RestoreAsync(TestVault vault, BackupRow backup, RestoreTarget target) =>
        await vault.EndOfAsync((await vault.Restores.StartAsync(backup.Backup.Id, target, target.Database, TestVault.Ada, default)).Value);

    private async Task<DatabaseFingerprint> PrintAsync(string database) => await DatabaseFingerprint.TakeAsync(postgres.Cluster.ConnectionString(database));

    private static int MostAtOnce(IEnumerable<Run> runs)
    {
        var spans = runs.Select(r => (Start: r.StartedAt!.Value, End: r.FinishedAt!.Value)).ToList();
        return spans.Max(s => spans.Count(o => o.Start <= s.Start && s.Start < o.End));
    }
}
