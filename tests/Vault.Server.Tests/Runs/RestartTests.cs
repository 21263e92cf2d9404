using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Core.Keys;
using Vault.Server.Database;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Runs;

public sealed class RestartTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder folder = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_ran_is_Interrupted_and_what_was_queued_runs_after_the_server_was_ended(bool isKilled)
    {
        var database = await postgres.MakeDatabaseAsync();
        var jobId = await SetUpAsync(database);
        var queued = Enumerable.Range(0, 3).Select(_ => Guid.CreateVersion7()).ToList();
        await using (var db = OpenRows()) await AddQueuedAsync(db, jobId, queued);
        await using (await postgres.HoldAsync(database))
        {
            await using var server = await ServerProcess.StartAsync(folder.Path);
            await Eventually.TrueAsync(() => postgres.IsDumpWaitingAsync(database), "the first dump waits for the table");
            if (isKilled) await server.KillAsync();
            else await server.TerminateAsync();
            await using var db = OpenRows();
            (await db.Runs.SingleAsync(r => r.Id == queued[0])).State.ShouldBe(isKilled ? RunState.Running : RunState.Interrupted);
            (await CountTriggersAsync(db, "run")).ShouldBeGreaterThanOrEqualTo(2);
        }

        await using var again = TestVault.Start(folder.Path);
        var ends = await Task.WhenAll(queued.Select(again.EndOfAsync));

        ends.Select(r => r.State).ShouldBe([RunState.Interrupted, RunState.Succeeded, RunState.Succeeded]);
        (await again.LogOfAsync(queued[0])).ShouldContain("Vault stopped while this backup was running, so it did not come to its end; what was not whole is removed.");
        (await again.Backups.ListAsync(new BackupFilter())).Count.ShouldBe(2);
        await Eventually.TrueAsync(() => again.StoredFiles.Count == 4, "two backups with their metadata and nothing else are stored");
        again.StoredFiles.ShouldNotContain(f => f.Contains(".partial", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_password_waits_in_the_queue_through_a_crash_and_is_gone_when_its_run_has_ended()
    {
        const string Password = "correct horse battery";
        var database = await postgres.MakeDatabaseAsync();
        var jobId = await SetUpAsync(database);
        Guid[] ids = [Guid.CreateVersion7(), Guid.CreateVersion7()];
        await using (var db = OpenRows()) await AddQueuedAsync(db, jobId, [.. ids], password: Password);
        await using (await postgres.HoldAsync(database))
        {
            await using var server = await ServerProcess.StartAsync(folder.Path);
            await Eventually.TrueAsync(() => postgres.IsDumpWaitingAsync(database), "the first dump waits for the table");
            await server.KillAsync();
            await using var db = OpenRows();
            (await db.Runs.CountAsync(r => r.WrappedPassword != null)).ShouldBe(2);
        }

        await using var again = TestVault.Start(folder.Path);
        var ends = await Task.WhenAll(ids.Select(again.EndOfAsync));

        ends.Select(r => (r.State, r.WrappedPassword)).ShouldBe([(RunState.Interrupted, null), (RunState.Succeeded, null)]);
        var backup = (await again.Backups.FindAsync(ends[1].BackupId!.Value))!;
        backup.Backup.IsFromPassword.ShouldBeTrue();
        var target = new RestoreTarget(backup.Copies[0].Copy.Id, backup.Backup.SourceId!.Value, database + " back");
        var restored = await again.EndOfAsync((await again.Restores.StartAsync(backup.Backup.Id, target, target.Database, TestVault.Ada, default, Password)).Value);
        restored.State.ShouldBe(RunState.Succeeded, await again.LogOfAsync(restored.Id));
    }

    [Fact]
    public async Task A_time_that_was_missed_is_caught_up_once_and_a_schedule_starts_runs_by_itself()
    {
        var database = await postgres.MakeDatabaseAsync();
        var jobId = await SetUpAsync(database, "0 0 2 * * ?");
        await using (var db = new SqliteConnection($"Data Source={folder.File("data/vault.db")};Pooling=False"))
        {
            await db.OpenAsync();
            await using var command = db.CreateCommand();
            // Three days ago at 02:00 was its next time: the server was away since.
            command.CommandText = $"UPDATE QRTZ_TRIGGERS SET NEXT_FIRE_TIME = {DateTimeOffset.UtcNow.Date.AddDays(-3).AddHours(2).Ticks} WHERE TRIGGER_GROUP = 'schedule' AND TRIGGER_NAME = '{jobId}'";
            (await command.ExecuteNonQueryAsync()).ShouldBe(1);
        }

        await using var vault = TestVault.Start(folder.Path);
        await Eventually.TrueAsync(async () => (await vault.Runs.ListAsync(new RunFilter(JobId: jobId), 0, 10)).Total > 0, "the missed run is queued");
        var run = (await vault.Runs.ListAsync(new RunFilter(JobId: jobId), 0, 10)).Runs.ShouldHaveSingleItem();
        run.StartedBy.ShouldBe("schedule");
        (await vault.EndOfAsync(run.Id)).State.ShouldBe(RunState.Succeeded);
        (await vault.Jobs.ListAsync())[0].NextAt!.Value.ShouldBeGreaterThan(DateTimeOffset.UtcNow);
        (await vault.Runs.ListAsync(new RunFilter(JobId: jobId), 0, 10)).Total.ShouldBe(1);
    }

    [Fact]
    public async Task An_object_without_metadata_of_a_killed_run_is_removed_and_one_with_metadata_is_adopted()
    {
        var database = await postgres.MakeDatabaseAsync();
        var jobId = await SetUpAsync(database);
        Guid whole;
        var torn = Guid.CreateVersion7();
        await using (var vault = TestVault.Start(folder.Path))
        {
            whole = (await vault.EndOfAsync((await vault.Jobs.StartAsync(jobId, TestVault.Ada)).Value)).Id;
            // As if the server had died between the metadata and the row, and in another run between object and metadata.
            await using var db = vault.Db();
            await db.Backups.ExecuteDeleteAsync();
            await db.Runs.ExecuteUpdateAsync(set => set.SetProperty(r => r.State, RunState.Running).SetProperty(r => r.BackupId, (Guid?)null));
            await AddQueuedAsync(db, jobId, [torn], RunState.Running);
            await File.WriteAllTextAsync(Path.Combine(vault.BackupFolder, "shop", $"2026-11-21T02-00-00-000Z-{torn.ToString("N")[^12..]}.sql.gz.enc"), "torn");
            await File.WriteAllTextAsync(Path.Combine(vault.BackupFolder, "shop", "someone-elses.sql"), "not ours");
        }

        await using var again = TestVault.Start(folder.Path);
        await Eventually.TrueAsync(() => again.Scan.Newest.Count == 1, "the destination was scanned");

        (await again.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem().Backup.SourceId.ShouldNotBeNull();
        again.StoredFiles.ShouldContain("shop/someone-elses.sql");
        again.StoredFiles.Where(f => RunMark.IsIn(f, torn)).ShouldBeEmpty();
        again.Scan.Newest.Values.Single().NotBackups.ShouldHaveSingleItem().ObjectName.ShouldBe("shop/someone-elses.sql");
        (await again.Runs.FindAsync(whole))!.State.ShouldBe(RunState.Interrupted);
        (await again.LogOfAsync(torn)).ShouldContain("which was not whole");
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Makes the vault and ends the server again.</summary>
    private async Task<Guid> SetUpAsync(string database, string? schedule = null)
    {
        await using var vault = TestVault.Start(folder.Path);
        var profileId = (await vault.Profiles.CreateAsync("main", TestVault.Ada)).Value;
        var sourceId = await vault.AddSourceAsync(database, "postgresql", postgres.Cluster.Settings(database));
        return await vault.AddJobAsync("Shop", sourceId, await vault.AddDestinationAsync(), profileId, "plain", schedule);
    }

    /// <summary>The database while no server holds it.</summary>
    private VaultDb OpenRows() => new(new DbContextOptionsBuilder<VaultDb>().UseSqlite($"Data Source={folder.File("data/vault.db")};Pooling=False;Default Timeout=30").Options);

    private async Task AddQueuedAsync(VaultDb db, Guid jobId, List<Guid> ids, RunState state = RunState.Queued, string? password = null)
    {
        using var key = SystemKey.Parse(await File.ReadAllTextAsync(TestVault.KeyFileOf(folder.Path))).Value;
        for (var i = 0; i < ids.Count; i++)
        {
            db.Runs.Add(new Run
            {
                Id = ids[i], Kind = RunKind.Backup, State = state, JobId = jobId, Title = "Shop", StartedBy = "ada", RequestJson = "{}",
                QueuedAt = DateTimeOffset.UtcNow.AddSeconds(i - 10), StartedAt = state == RunState.Running ? DateTimeOffset.UtcNow : null,
                WrappedPassword = new RunPasswords(key).Wrap(ids[i], password),
            });
        }

        await db.SaveChangesAsync();
    }

    private static async Task<int> CountTriggersAsync(VaultDb db, string group) =>
        await db.Database.SqlQuery<int>($"SELECT count(*) AS Value FROM QRTZ_TRIGGERS WHERE TRIGGER_GROUP = {group}").SingleAsync();
}
