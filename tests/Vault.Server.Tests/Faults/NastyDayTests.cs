using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Jobs;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Sources;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Faults;

public sealed class NastyDayTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_an_old_crash_left_disturbs_nobody_and_goes_at_the_next_start_but_other_people_s_files_stay()
    {
        var database = await postgres.MakeDatabaseAsync();
        const string left = "shop/2026-11-20T02-00-00-000Z-0123456789ab.sql.gz.enc";
        await using (var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database)))
        {
            foreach (var name in new[] { $"{left}.partial", $"{left}.meta.json.partial", "holiday.iso.partial" })
            {
                Directory.CreateDirectory(Path.Combine(scene.Vault.BackupFolder, "shop"));
                await File.WriteAllTextAsync(Path.Combine(scene.Vault.BackupFolder, name), "half");
            }

            await scene.BackUpAsync();
            var scan = await scene.Vault.Scan.ScanAsync(scene.DestinationId, default);
            (scan.Added, scan.NotBackups.Count).ShouldBe((0, 0));
        }

        await using var again = Vault.Server.Tests.Runs.TestVault.Start(folder.Path);
        await Eventually.TrueAsync(() => again.StoredFiles.Count == 3, "the half files are gone");
        again.StoredFiles.ShouldContain("holiday.iso.partial");
        again.StoredFiles.ShouldNotContain(name => name.StartsWith(left, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_full_of_strange_things_is_scanned_to_its_end_and_each_is_named()
    {
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(await postgres.MakeDatabaseAsync()));
        var good = await scene.BackUpAsync();
        await using (var db = scene.Vault.Db()) await db.Backups.ExecuteDeleteAsync();
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 5000)) + new string('}', 5000);
        var strange = new Dictionary<string, string>
        {
            ["junk.sql"] = new('\0', 10_000_000),
            ["deep.sql"] = deep,
            ["half a letter.sql"] = """{"jobName":"\ud800","sourceType":"postgres","timestamp":"2026-11-20T00:00:00Z"}""",
            ["twice.sql"] = """{"backupId":"a","backupId":"b"}""",
            ["back\\slash.sql"] = "{}",
            ["new\nline.sql"] = "{}",
            ["array.sql"] = "[]",
        };
        foreach (var (name, metadata) in strange) await AddAsync(scene, name, metadata);
        await File.WriteAllTextAsync(Path.Combine(scene.Vault.BackupFolder, "no metadata.sql"), "x");
        await File.WriteAllTextAsync(Path.Combine(scene.Vault.BackupFolder, "folder.sql"), "x");
        Directory.CreateDirectory(Path.Combine(scene.Vault.BackupFolder, "folder.sql.meta.json"));
        Directory.CreateSymbolicLink(Path.Combine(scene.Vault.BackupFolder, "link"), "/etc");
        File.CreateSymbolicLink(Path.Combine(scene.Vault.BackupFolder, "passwd.sql"), "/etc/passwd");

        var scan = await scene.Vault.Scan.ScanAsync(scene.DestinationId, default);

        scan.Problem.ShouldBeNullProblem();
        (await scene.Vault.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem().Backup.Id.ShouldBe(good.Backup.Id);
        scan.NotBackups.Select(not => not.ObjectName).Order(StringComparer.Ordinal).ShouldBe(strange.Keys.Append("no metadata.sql").Append("folder.sql").Order(StringComparer.Ordinal));
        scan.NotBackups.ShouldAllBe(not => not.Problem.Message.Length > 20 && not.Problem.Next.Length > 10);
    }

    [Fact]
    public async Task Metadata_with_unknown_fields_and_paths_that_lead_out_is_a_backup_of_its_own_file_and_its_long_words_are_cut()
    {
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings("postgres"));
        await File.WriteAllTextAsync(folder.File("outside.sql"), "SELECT 'outside'");
        await AddAsync(scene, "odd.sql", $$"""
            {"version":1,"jobName":"{{new string('x', 1_000_000)}}","objectName":"../outside.sql","originalFileName":"../../../etc/passwd","file":"/etc/shadow",
             "sourceType":"postgres","dumpFormat":"plain","future":{"deep":[1,2,{"x":null}]},"description":"{{new string('y', 1_000_000)}}","timestamp":"2026-11-20T00:00:00Z"}
            """);
        (await scene.Vault.Scan.ScanAsync(scene.DestinationId, default)).Added.ShouldBe(1);
        var backup = (await scene.Vault.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem();
        backup.Copies.ShouldHaveSingleItem().Copy.ObjectName.ShouldBe("odd.sql");
        backup.Backup.JobName.Length.ShouldBeLessThan(1000);
        backup.Backup.Description!.Length.ShouldBeLessThan(10_000);
        (await scene.Vault.Backups.DeleteAsync(backup.Backup.Id, Scene.Ada)).ShouldBeNullProblem();
        File.Exists(folder.File("outside.sql")).ShouldBeTrue();
        scene.Vault.StoredFiles.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_queued_run_needs_cannot_be_deleted_and_what_is_changed_meanwhile_counts()
    {
        var (database, other) = (await postgres.MakeDatabaseAsync(rows: 3), await postgres.MakeDatabaseAsync(rows: 4));
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database));
        var otherSource = await scene.Vault.AddSourceAsync("other", "postgresql", postgres.Cluster.Settings(other));
        Guid running, queued;
        await using (await postgres.HoldAsync(database))
        {
            running = await scene.StartJobAsync();
            await Eventually.TrueAsync(() => postgres.IsDumpWaitingAsync(database), "the first run dumps");
            queued = await scene.StartJobAsync();
            (await scene.Vault.Jobs.DeleteAsync(scene.JobId, Scene.Ada)).ShouldBeProblem("job-running");
            (await scene.Vault.Profiles.DeleteAsync(scene.ProfileId, "Shop key", Scene.Ada)).ShouldBeProblem("profile-in-use");
            (await scene.Get<SourceService>().DeleteAsync(scene.SourceId, Scene.Ada)).ShouldBeProblem("source-in-use");
            var form = JobForm.Of((await scene.Vault.Jobs.FindAsync(scene.JobId))!);
            (form.Name, form.SourceId) = ("Renamed", otherSource);
            (await scene.Vault.Jobs.ChangeAsync(scene.JobId, form.ToInput().Value, Scene.Ada)).ShouldBeNullProblem();
        }

        await scene.ShouldSucceedAsync(await scene.Vault.EndOfAsync(running));
        await scene.ShouldSucceedAsync(await scene.Vault.EndOfAsync(queued));
        (await RowsAsync(scene, running), await RowsAsync(scene, queued)).ShouldBe((("Shop", 3L), ("Renamed", 4L)));
    }

    [Fact]
    public async Task A_profile_that_is_disabled_while_its_job_waits_makes_no_plaintext_backup()
    {
        var database = await postgres.MakeDatabaseAsync();
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database));
        Guid queued;
        await using (await postgres.HoldAsync(database))
        {
            await scene.StartJobAsync();
            await Eventually.TrueAsync(() => postgres.IsDumpWaitingAsync(database), "the first run dumps");
            queued = await scene.StartJobAsync();
            (await scene.Vault.Profiles.SetEnabledAsync(scene.ProfileId, false, Scene.Ada)).ShouldBeNullProblem();
        }

        await scene.ShouldBeRedAsync(await scene.Vault.EndOfAsync(queued), "profile-disabled");
        (await scene.Vault.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem().Backup.IsEncrypted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_clock_that_is_set_back_by_a_day_holds_up_no_run_no_figure_and_no_schedule()
    {
        var database = await postgres.MakeDatabaseAsync();
        var clock = new WrongClock { Ahead = TimeSpan.FromDays(40) };
        await using (var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database), replace: services => services.AddSingleton<TimeProvider>(clock)))
        {
            Guid running, queued;
            await using (await postgres.HoldAsync(database))
            {
                running = await scene.StartJobAsync();
                await Eventually.TrueAsync(() => postgres.IsDumpWaitingAsync(database), "the first run dumps");
                queued = await scene.StartJobAsync();
                clock.Ahead = TimeSpan.FromDays(-1);
                Vault.Core.Engines.IRunLog log = scene.Get<LiveRuns>().Find(running)!.Log;
                log.Progress(12345, null);
                await Eventually.TrueAsync(() => scene.Get<LiveRuns>().Find(running)!.Log.Progress!.DoneBytes == 12345, "the figure is shown", TimeSpan.FromSeconds(5));
            }

            await scene.ShouldSucceedAsync(await scene.Vault.EndOfAsync(running));
            await scene.ShouldSucceedAsync(await scene.Vault.EndOfAsync(queued));
            await scene.ShouldSucceedAsync(await scene.RestoreAsync(await scene.BackUpAsync(), database));
            scene.Vault.StoredFiles.Count.ShouldBe(6);
        }
    }

    [Fact]
    public async Task A_schedule_that_was_reckoned_by_a_clock_far_ahead_is_reckoned_anew_at_the_next_start()
    {
        Guid jobId;
        await using (var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings("postgres")))
        {
            jobId = await scene.Vault.AddJobAsync("Daily", scene.SourceId, scene.DestinationId, scene.ProfileId, schedule: "0 0 2 * * ?");
            var ahead = DateTimeOffset.UtcNow.AddDays(400).Ticks;
            await using var db = scene.Vault.Db();
            (await db.Database.ExecuteSqlAsync($"UPDATE QRTZ_TRIGGERS SET NEXT_FIRE_TIME = {ahead} WHERE TRIGGER_TYPE = 'CRON' AND TRIGGER_GROUP = 'schedule' AND TRIGGER_NAME = {jobId.ToString()}")).ShouldBe(1);
        }

        await using var again = Vault.Server.Tests.Runs.TestVault.Start(folder.Path);
        (await again.Jobs.ListAsync()).Single(row => row.Job.Id == jobId).NextAt.ShouldNotBeNull().ShouldBeLessThan(DateTimeOffset.UtcNow.AddDays(1));
    }

    private static async Task AddAsync(Scene scene, string name, string metadata)
    {
        await File.WriteAllTextAsync(Path.Combine(scene.Vault.BackupFolder, name), "x");
        await File.WriteAllTextAsync(Path.Combine(scene.Vault.BackupFolder, name + ".meta.json"), metadata);
    }

    private static async Task<(string, long)> RowsAsync(Scene scene, Guid runId)
    {
        var backup = (await scene.Vault.Backups.FindAsync((await scene.Vault.Runs.FindAsync(runId))!.BackupId!.Value))!.Backup;
        return (backup.JobName, BackupRows.TablesOf(backup)[0].Rows);
    }

    private sealed class WrongClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
