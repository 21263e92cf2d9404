using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Jobs;
using Vault.Server.Features.Overview;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Sources;
using Vault.Server.Tests.Faults;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Verify;

/// <summary>Backups of a real PostgreSQL, verified by the whole server; what is wrong with their files is really wrong.</summary>
public sealed class VerifyTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_good_backup_is_proved_to_its_last_row_and_the_date_stands_on_it(string format)
    {
        await using var scene = await StartAsync(format);
        var backup = await scene.BackUpAsync();
        backup.Copies[0].Copy.VerifiedAt.ShouldBeNull();
        var before = DateTimeOffset.UtcNow;
        var run = await VerifyAsync(scene, backup);
        await scene.ShouldSucceedAsync(run);
        run.BackupId.ShouldBe(backup.Backup.Id);
        (await scene.Vault.Runs.PhasesAsync(run.Id)).ShouldBe(["Preparing", "Verifying", "Reading"]);
        var log = await scene.Vault.LogOfAsync(run.Id);
        log.ShouldContain(backup.Backup.StoredSha256!);
        log.ShouldContain(backup.Backup.DumpSha256!);
        log.ShouldContain("Counted 500 rows in 1 tables.");
        log.ShouldContain(format == "plain" ? "pg_dump's own last lines" : "every data block");
        var copy = (await FindAsync(scene, backup)).Copies.ShouldHaveSingleItem();
        copy.VerifiedAt!.Value.ShouldBeInRange(before, DateTimeOffset.UtcNow);
        copy.VerifyRunId.ShouldBe(run.Id);
        copy.VerifyProblem.ShouldBeNull();
    }

    [Fact]
    public async Task One_flipped_bit_is_red_everywhere_and_the_right_file_makes_it_green_again()
    {
        await using var scene = await StartAsync();
        await scene.Vault.Jobs.ChangeAsync(scene.JobId, (await InputAsync(scene)) with { Schedule = "0 0 2 * * ?" }, Scene.Ada);
        var backup = await scene.BackUpAsync();
        (await ProtectionAsync(scene)).State.ShouldBe(Protection.Protected);
        var good = await FlipAsync(scene.PathOf(backup));

        await scene.ShouldBeRedAsync(await VerifyAsync(scene, backup), "tag-mismatch");

        var damaged = await FindAsync(scene, backup);
        damaged.State.ShouldBe(BackupState.Damaged);
        damaged.IsRestorable.ShouldBeFalse();
        damaged.Copies[0].VerifyProblem!.Next.ShouldNotBeNullOrWhiteSpace();
        var protection = await ProtectionAsync(scene);
        (protection.State, protection.Why).ShouldBe((Protection.Unprotected, "Its newest backup is damaged."));
        (await scene.Get<OverviewService>().LookAsync(default)).Needs.ShouldContain(n => n.Href == $"backups/{backup.Backup.Id}" && n.Text.Contains("authentication tag", StringComparison.Ordinal));
        (await scene.Vault.Jobs.ListAsync()).Single().DamagedBackups.ShouldBe(1);
        (await scene.Get<VerifyService>().UnacknowledgedAsync()).ShouldBe([backup.Backup.Id]);
        (await scene.Vault.Restores.PlanAsync(backup.Backup.Id, scene.TargetOf(backup, "other"), default)).Problem!.Code.ShouldBe("backup-unavailable");
        (await scene.Vault.Scan.ScanAsync(scene.DestinationId, default)).Problem.ShouldBeNull();
        (await FindAsync(scene, backup)).State.ShouldBe(BackupState.Damaged, "a look at the names proves nothing");

        await File.WriteAllBytesAsync(scene.PathOf(backup), good);
        await scene.ShouldSucceedAsync(await VerifyAsync(scene, backup));
        (await FindAsync(scene, backup)).State.ShouldBe(BackupState.Available);
        (await ProtectionAsync(scene)).State.ShouldBe(Protection.Protected);
        (await scene.Get<VerifyService>().UnacknowledgedAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_older_damaged_backup_leaves_the_source_protected_by_the_newer_good_one()
    {
        await using var scene = await StartAsync();
        await scene.Vault.Jobs.ChangeAsync(scene.JobId, (await InputAsync(scene)) with { Schedule = "0 0 2 * * ?" }, Scene.Ada);
        var older = await scene.BackUpAsync();
        await scene.BackUpAsync();
        await FlipAsync(scene.PathOf(older));
        (await VerifyAsync(scene, older)).State.ShouldBe(RunState.Failed);
        (await ProtectionAsync(scene)).State.ShouldBe(Protection.Protected);
        (await scene.Get<OverviewService>().LookAsync(default)).Needs.ShouldContain(n => n.Href == $"backups/{older.Backup.Id}");
    }

    [Fact]
    public async Task A_person_who_knows_ends_the_alert_and_the_backup_stays_red()
    {
        await using var scene = await StartAsync();
        var backup = await scene.BackUpAsync();
        await FlipAsync(scene.PathOf(backup));
        await VerifyAsync(scene, backup);
        await scene.Get<VerifyService>().AcknowledgeAsync(Scene.Ada);
        (await scene.Get<VerifyService>().UnacknowledgedAsync()).ShouldBeEmpty();
        await VerifyAsync(scene, backup);
        (await scene.Get<VerifyService>().UnacknowledgedAsync()).ShouldBeEmpty("it is the same damage");
        (await FindAsync(scene, backup)).State.ShouldBe(BackupState.Damaged);
    }

    [Fact]
    public async Task What_a_scan_found_becomes_Available_by_a_verify()
    {
        await using var scene = await StartAsync();
        var made = await scene.BackUpAsync();
        await using (var db = scene.Vault.Db()) await db.Backups.ExecuteDeleteAsync();
        await scene.Vault.Scan.ScanAsync(scene.DestinationId, default);
        (await FindAsync(scene, made)).State.ShouldBe(BackupState.Found);
        var found = (await scene.Vault.Backups.FindAsync(made.Backup.Id))!;
        await scene.ShouldSucceedAsync(await VerifyAsync(scene, found));
        (await FindAsync(scene, made)).State.ShouldBe(BackupState.Available);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_the_key_a_backup_keeps_its_state_and_says_so(bool wasFound)
    {
        await using var scene = await StartAsync();
        var backup = await scene.BackUpAsync();
        await using (var db = scene.Vault.Db())
        {
            if (wasFound) await db.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.State, BackupState.Found));
            await db.Jobs.ExecuteDeleteAsync();
            await db.EncryptionProfiles.ExecuteDeleteAsync();
        }

        await scene.ShouldBeRedAsync(await VerifyAsync(scene, backup), "no-key-matches");
        var after = await FindAsync(scene, backup);
        after.State.ShouldBe(wasFound ? BackupState.Found : BackupState.Available);
        (after.Copies[0].VerifiedAt, after.Copies[0].IsDamaged, after.Copies[0].VerifyProblemCode).ShouldBe((null, false, "no-key-matches"));
        (await scene.Get<OverviewService>().LookAsync(default)).Needs.ShouldContain(n => n.Text == "1 backup could not be verified.");
        (await scene.Vault.Backups.ListAsync(new BackupFilter(State: BackupService.Unverified))).ShouldHaveSingleItem();

        await FlipAsync(scene.PathOf(backup));
        await scene.ShouldBeRedAsync(await VerifyAsync(scene, backup), "hash-mismatch");
        (await FindAsync(scene, backup)).State.ShouldBe(BackupState.Damaged, "the checksum tells even without the key");
    }

    [Fact]
    public async Task A_destination_that_is_away_is_no_damage_and_a_file_that_is_gone_is_Missing()
    {
        await using var scene = await StartAsync();
        var backup = await scene.BackUpAsync();
        Directory.Move(scene.Vault.BackupFolder, folder.File("unmounted"));
        (await VerifyAsync(scene, backup)).State.ShouldBe(RunState.Failed);
        var away = await FindAsync(scene, backup);
        (away.State, away.Copies[0].IsDamaged).ShouldBe((BackupState.Available, false));

        Directory.Move(folder.File("unmounted"), scene.Vault.BackupFolder);
        var file = scene.PathOf(backup);
        File.Move(file, file + "-elsewhere");
        await scene.ShouldBeRedAsync(await VerifyAsync(scene, backup), "object-missing");
        (await FindAsync(scene, backup)).State.ShouldBe(BackupState.Missing);

        File.Move(file + "-elsewhere", file);
        await scene.ShouldSucceedAsync(await VerifyAsync(scene, backup));
        (await FindAsync(scene, backup)).State.ShouldBe(BackupState.Available);
    }

    [Fact]
    public async Task What_was_damaged_before_it_went_missing_is_not_forgotten_when_it_is_back()
    {
        await using var scene = await StartAsync();
        var backup = await scene.BackUpAsync();
        await FlipAsync(scene.PathOf(backup));
        await VerifyAsync(scene, backup);
        var file = scene.PathOf(backup);
        File.Move(file, file + "-elsewhere");
        (await scene.Vault.Scan.ScanAsync(scene.DestinationId, default)).Missing.ShouldBe(1);
        (await FindAsync(scene, backup)).State.ShouldBe(BackupState.Missing);
        File.Move(file + "-elsewhere", file);
        (await scene.Vault.Scan.ScanAsync(scene.DestinationId, default)).Returned.ShouldBe(1);
        (await FindAsync(scene, backup)).State.ShouldBe(BackupState.Damaged);
    }

    [Theory]
    [InlineData("tag-mismatch", false, nameof(Finding.Damaged))]
    [InlineData("algorithm-unknown", true, nameof(Finding.Damaged))]
    [InlineData("algorithm-unknown", false, nameof(Finding.Unknown))]
    [InlineData("wrong-key", true, nameof(Finding.Unknown))]
    [InlineData("store-failed", true, nameof(Finding.Unknown))]
    [InlineData("nobody-foresaw-this", true, nameof(Finding.Unknown))]
    [InlineData("object-missing", true, nameof(Finding.Gone))]
    public void A_word_that_nobody_knows_is_damage_only_when_this_vault_read_the_backup_before(string code, bool wasProved, string finding) =>
        VerifyRule.Judge(new Core.Problem(code, "", ""), wasProved).ToString().ShouldBe(finding);

    [Fact]
    public async Task A_backup_with_one_bad_copy_is_red_and_restores_from_the_good_one()
    {
        await using var scene = await StartAsync();
        var backup = await scene.BackUpAsync();
        Directory.CreateDirectory(Path.Combine(scene.Vault.BackupFolder, "again"));
        foreach (var end in new[] { "", ".meta.json" })
            File.Copy(scene.PathOf(backup) + end, Path.Combine(scene.Vault.BackupFolder, "again", Path.GetFileName(scene.PathOf(backup)) + end));
        await scene.Vault.Scan.ScanAsync(scene.DestinationId, default);
        await FlipAsync(scene.PathOf(backup));
        var started = (await scene.Get<VerifyService>().StartAsync([backup.Backup.Id], Scene.Ada)).Value.RunIds;
        started.Count.ShouldBe(2);
        foreach (var id in started) await scene.Vault.EndOfAsync(id);
        var after = await FindAsync(scene, backup);
        (after.State, after.IsRestorable, after.Copies.Count(c => c.IsDamaged)).ShouldBe((BackupState.Damaged, true, 1));
        var good = (await scene.Vault.Backups.FindAsync(backup.Backup.Id))! with { Copies = [new CopyRow(after.Copies.Single(c => !c.IsDamaged), "disk")] };
        await scene.ShouldSucceedAsync(await scene.RestoreAsync(good, $"copy {Guid.NewGuid():N}"));
    }

    [Fact]
    public async Task A_verify_that_waits_is_not_queued_twice_and_a_cancelled_one_says_nothing()
    {
        await using var scene = await StartAsync();
        var backup = await scene.BackUpAsync();
        await using (var db = scene.Vault.Db())
        {
            db.Runs.Add(new Run { Id = Guid.CreateVersion7(), Kind = RunKind.Verify, State = RunState.Queued, BackupId = backup.Backup.Id, Title = "Shop", StartedBy = "ada", QueuedAt = DateTimeOffset.UtcNow, RequestJson = new VerifyRequest(backup.Copies[0].Copy.Id).ToJson() });
            await db.SaveChangesAsync();
        }

        var again = (await scene.Get<VerifyService>().StartAsync([backup.Backup.Id], Scene.Ada)).Value.RunIds.ShouldHaveSingleItem();
        (await scene.Vault.Runs.ListAsync(new RunFilter(Kind: RunKind.Verify), 0, 10)).Total.ShouldBe(1);
        (await scene.Vault.Runs.CancelAsync(again, Scene.Ada)).ShouldBeNull();
        (await scene.Vault.EndOfAsync(again)).State.ShouldBe(RunState.Cancelled);
        (await FindAsync(scene, backup)).Copies[0].VerifyTriedAt.ShouldBeNull();
    }

    private Task<Scene> StartAsync(string format = "plain") => StartAsync(postgres, folder, format);

    internal static async Task<Scene> StartAsync(PostgresServer postgres, TempFolder folder, string format = "plain") =>
        await Scene.StartAsync(folder, postgres.Cluster.Settings(await postgres.MakeDatabaseAsync()), format);

    internal static async Task<Run> VerifyAsync(Scene scene, BackupRow backup) =>
        await scene.Vault.EndOfAsync((await scene.Get<VerifyService>().StartAsync([backup.Backup.Id], Scene.Ada)).Value.RunIds.Single());

    internal static async Task<Backup> FindAsync(Scene scene, BackupRow backup) => (await scene.Vault.Backups.FindAsync(backup.Backup.Id))!.Backup;

    /// <summary>Returns the file as it was.</summary>
    internal static async Task<byte[]> FlipAsync(string path)
    {
        var good = await File.ReadAllBytesAsync(path);
        byte[] broken = [.. good];
        broken[broken.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, broken);
        return good;
    }

    private static async Task<SourceProtection> ProtectionAsync(Scene scene) => (await scene.Get<OverviewService>().LookAsync(default)).Sources.Single();

    private static async Task<JobInput> InputAsync(Scene scene)
    {
        var job = (await scene.Vault.Jobs.FindAsync(scene.JobId))!;
        return new JobInput(job.Name, job.SourceId, job.DestinationId, job.ProfileId, job.DumpFormat, job.Compression, job.CompressionLevel, null, job.Schedule, job.TimeZone, true);
    }
}
