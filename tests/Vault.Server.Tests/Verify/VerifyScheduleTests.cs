using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Runs;
using Vault.Server.Tests.Faults;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Verify;

public sealed class VerifyScheduleTests(PostgresServer postgres) : IDisposable
{
    private static readonly DateTimeOffset Sunday = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Never_verified_comes_first_and_then_the_oldest_until_a_limit_is_met()
    {
        var oldest = Candidate(10, Sunday.AddDays(-9));
        var newer = Candidate(10, Sunday.AddDays(-2));
        var never = Candidate(10, null);
        var neverOlder = Candidate(10, null, backupAge: 5);
        VerifyChoice.Pick([newer, neverOlder, oldest, never], 10, 1000).ShouldBe([never, neverOlder, oldest, newer]);
        VerifyChoice.Pick([newer, neverOlder, oldest, never], 3, 1000).ShouldBe([never, neverOlder, oldest]);
        VerifyChoice.Pick([newer, neverOlder, oldest, never], 10, 25).ShouldBe([never, neverOlder]);
        VerifyChoice.Pick([newer, oldest], 10, 5).ShouldBe([oldest], "one that is larger than the limit would never be verified otherwise");
        VerifyChoice.Pick([], 10, 5).ShouldBeEmpty();
    }

    [Fact]
    public void The_default_is_Sunday_at_four_and_the_next_time_is_told()
    {
        var settings = VerificationSettings.Default with { TimeZone = "UTC" };
        settings.NextAt(Sunday.AddDays(-1)).ShouldBe(Sunday);
        settings.NextAt(Sunday).ShouldBe(Sunday.AddDays(7));
        (settings with { Schedule = null }).NextAt(Sunday).ShouldBeNull();
    }

    [Fact]
    public async Task What_nobody_can_keep_to_is_not_saved()
    {
        await using var scene = await VerifyTests.StartAsync(postgres, folder);
        var service = scene.Get<VerificationService>();
        var settings = await service.GetAsync();
        (await service.SaveAsync(settings with { MaxBackups = 0 }, Scene.Ada))!.Code.ShouldBe("verification-invalid");
        (await service.SaveAsync(settings with { MaxGigabytes = 0 }, Scene.Ada))!.Code.ShouldBe("verification-invalid");
        (await service.SaveAsync(settings with { TimeZone = "Moon/Sea" }, Scene.Ada))!.Code.ShouldBe("time-zone-unknown");
        (await service.SaveAsync(settings with { Schedule = "now and then" }, Scene.Ada))!.Code.ShouldBe("cron-malformed");
        (await service.GetAsync()).ShouldBe(settings);
    }

    [Fact]
    public async Task The_schedule_verifies_the_one_whose_proof_is_oldest_and_goes_on_with_the_next()
    {
        await using var scene = await VerifyTests.StartAsync(postgres, folder);
        var backups = new[] { await scene.BackUpAsync(), await scene.BackUpAsync(), await scene.BackUpAsync() };
        await VerifyTests.VerifyAsync(scene, backups[0]);
        await VerifyTests.VerifyAsync(scene, backups[2]);
        var one = VerificationSettings.Default with { MaxBackups = 1 };
        foreach (var expected in new[] { backups[1], backups[0], backups[2], backups[1] })
        {
            var run = await scene.Vault.EndOfAsync((await scene.Get<VerifyService>().StartOldestAsync(one)).RunIds.Single());
            (run.BackupId, run.State, run.StartedBy).ShouldBe((expected.Backup.Id, RunState.Succeeded, "schedule"));
        }
    }

    [Fact]
    public async Task The_scheduler_itself_starts_it_catches_up_and_holds_what_the_setting_says()
    {
        await using (var scene = await VerifyTests.StartAsync(postgres, folder))
        {
            await scene.BackUpAsync();
            (await TriggersAsync()).ShouldBe(1, "weekly is the default");
            await scene.Get<VerificationService>().SaveAsync(VerificationSettings.Default with { Schedule = null }, Scene.Ada);
            (await TriggersAsync()).ShouldBe(0);
            await scene.Get<VerificationService>().SaveAsync(VerificationSettings.Default, Scene.Ada);
        }

        await SqlAsync($"UPDATE QRTZ_TRIGGERS SET NEXT_FIRE_TIME = {DateTimeOffset.UtcNow.AddDays(-3).UtcTicks} WHERE TRIGGER_NAME = 'verification'");
        await using var vault = Runs.TestVault.Start(folder.Path);
        await Eventually.TrueAsync(async () => (await vault.Runs.ListAsync(new RunFilter(Kind: RunKind.Verify), 0, 10)).Total > 0, "the missed verify is queued");
        var run = (await vault.Runs.ListAsync(new RunFilter(Kind: RunKind.Verify), 0, 10)).Runs.Single();
        run.StartedBy.ShouldBe("schedule");
        (await vault.EndOfAsync(run.Id)).State.ShouldBe(RunState.Succeeded);
    }

    [Fact]
    public async Task A_verify_that_ran_when_the_server_was_killed_is_Interrupted_and_one_that_waited_runs()
    {
        Guid running = Guid.CreateVersion7(), waiting = Guid.CreateVersion7();
        BackupRow backup;
        await using (var scene = await VerifyTests.StartAsync(postgres, folder))
        {
            backup = await scene.BackUpAsync();
            await using var db = scene.Vault.Db();
            foreach (var (id, state) in new[] { (running, RunState.Running), (waiting, RunState.Queued) })
                db.Runs.Add(new Run { Id = id, Kind = RunKind.Verify, State = state, BackupId = backup.Backup.Id, Title = "Shop", StartedBy = "ada", QueuedAt = DateTimeOffset.UtcNow, RequestJson = new VerifyRequest(backup.Copies[0].Copy.Id).ToJson() });
            await db.SaveChangesAsync();
        }

        await using var vault = Runs.TestVault.Start(folder.Path);
        var interrupted = await vault.EndOfAsync(running);
        (interrupted.State, interrupted.MayHaveLeftovers).ShouldBe((RunState.Interrupted, false));
        interrupted.ProblemMessage!.ShouldContain("nothing new is known");
        (await vault.EndOfAsync(waiting)).State.ShouldBe(RunState.Succeeded);
        vault.StoredFiles.Count.ShouldBe(2, "the backup and its metadata");
    }

    private static VerifyCandidate Candidate(long sizeBytes, DateTimeOffset? triedAt, int backupAge = 1) =>
        new(new Copy { Id = Guid.NewGuid(), ObjectName = "shop/a.sql", SizeBytes = sizeBytes, VerifyTriedAt = triedAt }, Sunday.AddDays(-backupAge));

    private async Task<long> TriggersAsync() => (long)(await SqlAsync("SELECT count(*) FROM QRTZ_TRIGGERS WHERE TRIGGER_NAME = 'verification'"))!;

    private async Task<object?> SqlAsync(string sql)
    {
        await using var db = new SqliteConnection($"Data Source={folder.File("data/vault.db")};Pooling=False");
        await db.OpenAsync();
        await using var command = db.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }
}
