using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Vault.Core.Metadata;
using Vault.Server.Database;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Runs;

/// <summary>A backup that is made with a password instead of a profile, and its way back.</summary>
public sealed class PasswordTests(PostgresServer postgres) : IDisposable
{
    private const string Password = "córrect hörse  battery";
    private readonly TempFolder folder = new();

    [Theory]
    [InlineData("plain", true)]
    [InlineData("custom", false)]
    public async Task A_backup_with_a_password_comes_back_with_it_and_with_no_other(string format, bool hasProfile)
    {
        await using var vault = TestVault.Start(folder.Path);
        var (database, jobId, sourceId) = await AddJobAsync(vault, format, hasProfile);
        var backup = await BackUpAsync(vault, jobId);

        var row = backup.Backup;
        (row.IsEncrypted, row.IsFromPassword, row.Format, row.ProfileId, row.ProfileName).ShouldBe((true, true, "sealed", null, null));
        (await vault.Backups.ListAsync(new BackupFilter(Profile: BackupService.ByPassword))).ShouldHaveSingleItem();
        (await vault.Backups.ListAsync(new BackupFilter(Profile: BackupService.NoProfile))).ShouldBeEmpty();
        var target = new RestoreTarget(backup.Copies[0].Copy.Id, sourceId, database + " back");
        foreach (var (typed, code) in new[] { (null, "password-needed"), ("", "password-needed"), ("wrong horse battery", "wrong-password"), (Password + " ", "wrong-password") })
            (await StartRestoreAsync(vault, backup, target, typed)).Problem.ShouldNotBeNull().Code.ShouldBe(code);
        (await vault.Runs.ListAsync(new RunFilter(Kind: RunKind.Restore), 0, 10)).Total.ShouldBe(0, "a wrong password starts nothing");

        var restored = await vault.EndOfAsync((await StartRestoreAsync(vault, backup, target, Password)).Value);
        (restored.State, restored.WrappedPassword).ShouldBe((RunState.Succeeded, null), await vault.LogOfAsync(restored.Id));
        (await PrintAsync(database)).DifferencesFrom(await PrintAsync(target.Database)).ShouldBeEmpty();
        (await vault.LogOfAsync(restored.Id)).ShouldContain("the password that was typed");
    }

    [Fact]
    public async Task The_servers_own_password_is_tried_when_none_is_typed()
    {
        await File.WriteAllTextAsync(TestVault.PasswordFileOf(folder.Path), Password + "\n");
        await using var vault = TestVault.Start(folder.Path);
        var (database, jobId, sourceId) = await AddJobAsync(vault);
        var (same, other) = (await BackUpAsync(vault, jobId), await BackUpAsync(vault, jobId, "another password"));
        var target = new RestoreTarget(same.Copies[0].Copy.Id, sourceId, database + " back");

        var restored = await vault.EndOfAsync((await StartRestoreAsync(vault, same, target, null)).Value);
        restored.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(restored.Id));
        (await vault.LogOfAsync(restored.Id)).ShouldContain("BACKUP_ENCRYPTION_PASSWORD");
        (await StartRestoreAsync(vault, same, target, "wrong horse battery")).Problem.ShouldNotBeNull().Code.ShouldBe("wrong-password", "what was typed is what is tried");
        var refused = (await StartRestoreAsync(vault, other, target with { CopyId = other.Copies[0].Copy.Id }, null)).Problem.ShouldNotBeNull();
        (refused.Code, refused.Message, refused.Next).ShouldBe(("wrong-password", "Wrong password: it does not open this backup.", "Type the password that was chosen when the backup was made; capitals and blanks count."));
    }

    [Fact]
    public async Task The_environment_of_the_server_gives_the_password()
    {
        Guid runId;
        string database;
        await using (var vault = TestVault.Start(folder.Path))
        {
            (database, var jobId, var sourceId) = await AddJobAsync(vault);
            var backup = await BackUpAsync(vault, jobId);
            var waiting = RestoreOf(vault, backup, new RestoreTarget(backup.Copies[0].Copy.Id, sourceId, database + " back"));
            runId = waiting.Id;
            await using var db = vault.Db();
            db.Runs.Add(waiting);
            await db.SaveChangesAsync();
        }

        await using (await ServerProcess.StartAsync(folder.Path, 1, ("BACKUP_ENCRYPTION_PASSWORD", Password)))
        {
            await using var db = new VaultDb(new DbContextOptionsBuilder<VaultDb>().UseSqlite($"Data Source={folder.File("data/vault.db")};Pooling=False;Default Timeout=30").Options);
            await Eventually.TrueAsync(() => db.Runs.AnyAsync(r => r.Id == runId && r.State == RunState.Succeeded), "the restore has succeeded", TimeSpan.FromSeconds(60));
        }

        (await PrintAsync(database)).DifferencesFrom(await PrintAsync(database + " back")).ShouldBeEmpty();
        await using var again = TestVault.Start(folder.Path);
        (await again.LogOfAsync(runId)).ShouldContain("The key of the server's own password (BACKUP_ENCRYPTION_PASSWORD) opens the file");
        again.Services.GetRequiredService<ServerPassword>().IsSet.ShouldBeFalse("this server was started without");
    }

    [Fact]
    public async Task A_run_with_a_wrong_password_is_red_and_says_so_and_leaves_the_target_as_it_was()
    {
        await using var vault = TestVault.Start(folder.Path);
        var (database, jobId, sourceId) = await AddJobAsync(vault);
        var backup = await BackUpAsync(vault, jobId);
        var before = await PrintAsync(database);
        // As if the form had not asked: the file was exchanged for one with another password meanwhile.
        var target = new RestoreTarget(backup.Copies[0].Copy.Id, sourceId, database);
        var queued = RestoreOf(vault, backup, target, "wrong horse battery");
        await vault.Runs.AddAsync(queued, target.ExclusiveKey);

        var run = await vault.EndOfAsync(queued.Id);

        (run.State, run.ProblemCode, run.WrappedPassword).ShouldBe((RunState.Failed, "wrong-password", null));
        run.ProblemNext.ShouldNotBeNull().ShouldStartWith("Type the password");
        before.DifferencesFrom(await PrintAsync(database)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_password_waits_wrapped_and_is_erased_however_its_run_ends()
    {
        await using var vault = TestVault.Start(folder.Path, runsAtOnce: 1);
        var (database, jobId, sourceId) = await AddJobAsync(vault);
        var broken = await vault.AddJobAsync("Broken", await vault.AddSourceAsync("gone", "postgresql", postgres.Cluster.Settings("no such database")), (await vault.Jobs.FindAsync(jobId))!.DestinationId, null);
        Guid[] ids;
        await using (await postgres.HoldAsync(database))
        {
            ids = [await StartAsync(vault, jobId), await StartAsync(vault, jobId), await StartAsync(vault, broken)];
            await Eventually.TrueAsync(() => postgres.IsDumpWaitingAsync(database), "the first dump waits for the table");
            foreach (var id in ids)
            {
                var waiting = (await vault.Runs.FindAsync(id))!;
                waiting.WrappedPassword.ShouldNotBeNull().ShouldStartWith("v1.");
                $"{waiting.RequestJson}{waiting.Title}{waiting.WrappedPassword}".ShouldNotContain("hörse");
            }

            (await vault.Runs.CancelAsync(ids[1], TestVault.Ada)).ShouldBeNull();
            (await vault.Runs.CancelAsync(ids[0], TestVault.Ada)).ShouldBeNull();
            await vault.EndOfAsync(ids[0]);
        }

        var ends = await Task.WhenAll(ids.Select(vault.EndOfAsync));
        ends.Select(r => (r.State, r.WrappedPassword)).ShouldBe([(RunState.Cancelled, null), (RunState.Cancelled, null), (RunState.Failed, null)]);
        ends[1].StartedAt.ShouldBeNull("it was cancelled in the queue");
    }

    [Fact]
    public async Task A_password_that_is_too_short_starts_nothing()
    {
        await using var vault = TestVault.Start(folder.Path);
        var (_, jobId, _) = await AddJobAsync(vault);
        foreach (var weak in new[] { "", "seven77" })
            (await vault.Jobs.StartAsync(jobId, TestVault.Ada, weak)).Problem.ShouldNotBeNull().Code.ShouldBe("password-short");
        (await vault.Runs.ListAsync(new RunFilter(), 0, 10)).Total.ShouldBe(0);
    }

    [Fact]
    public async Task A_verify_without_the_password_finds_no_damage_and_with_the_servers_own_it_proves_the_backup()
    {
        Guid backupId;
        await using (var vault = TestVault.Start(folder.Path))
        {
            var (_, jobId, _) = await AddJobAsync(vault);
            backupId = (await BackUpAsync(vault, jobId)).Backup.Id;
            var unknown = await VerifyAsync(vault, backupId);
            (unknown.State, unknown.ProblemCode).ShouldBe((RunState.Failed, "password-needed"));
            unknown.ProblemNext.ShouldNotBeNull().ShouldContain("BACKUP_ENCRYPTION_PASSWORD");
            var kept = (await vault.Backups.FindAsync(backupId))!;
            (kept.Backup.State, kept.Copies[0].Copy.IsDamaged).ShouldBe((BackupState.Available, false));
        }

        await File.WriteAllTextAsync(TestVault.PasswordFileOf(folder.Path), Password);
        await using var again = TestVault.Start(folder.Path);
        var proved = await VerifyAsync(again, backupId);
        proved.State.ShouldBe(RunState.Succeeded, await again.LogOfAsync(proved.Id));
    }

    [Fact]
    public async Task Another_vault_that_finds_the_backup_knows_that_it_needs_a_password()
    {
        await using (var vault = TestVault.Start(folder.Path))
        {
            var (_, jobId, _) = await AddJobAsync(vault);
            var made = await BackUpAsync(vault, jobId);
            BackupMetadata.Parse(await File.ReadAllBytesAsync(Path.Combine(vault.BackupFolder, made.Copies[0].Copy.ObjectName + ".meta.json"))).Value.Encryption!.IsFromPassword.ShouldBe(true);
            await using var db = vault.Db();
            await db.Backups.ExecuteDeleteAsync();
            await vault.Scan.ScanAllAsync(default);
            var found = (await vault.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem().Backup;
            (found.State, found.IsFromPassword, found.IsEncrypted).ShouldBe((BackupState.Found, true, true));
        }
    }

    public void Dispose() => folder.Dispose();

    private async Task<(string Database, Guid JobId, Guid SourceId)> AddJobAsync(TestVault vault, string format = "plain", bool hasProfile = true)
    {
        var database = await postgres.MakeDatabaseAsync();
        var profileId = hasProfile ? (await vault.Profiles.CreateAsync("main", TestVault.Ada)).Value : (Guid?)null;
        var sourceId = await vault.AddSourceAsync(database, "postgresql", postgres.Cluster.Settings(database));
        return (database, await vault.AddJobAsync("Shop", sourceId, await vault.AddDestinationAsync(), profileId, format), sourceId);
    }

    private static async Task<Guid> StartAsync(TestVault vault, Guid jobId, string password = Password) => (await vault.Jobs.StartAsync(jobId, TestVault.Ada, password)).Value;

    private static async Task<BackupRow> BackUpAsync(TestVault vault, Guid jobId, string password = Password)
    {
        var run = await vault.EndOfAsync(await StartAsync(vault, jobId, password));
        (run.State, run.WrappedPassword).ShouldBe((RunState.Succeeded, null), await vault.LogOfAsync(run.Id));
        return (await vault.Backups.FindAsync(run.BackupId!.Value))!;
    }

    private static async Task<Run> VerifyAsync(TestVault vault, Guid backupId) =>
        await vault.EndOfAsync((await vault.Services.GetRequiredService<VerifyService>().StartAsync([backupId], TestVault.Ada)).Value.RunIds.ShouldHaveSingleItem());

    private static Task<Vault.Core.Result<Guid>> StartRestoreAsync(TestVault vault, BackupRow backup, RestoreTarget target, string? password) =>
        vault.Restores.StartAsync(backup.Backup.Id, target, target.Database, TestVault.Ada, default, password);

    /// <summary>The row of a restore, without the checks of the form.</summary>
    private static Run RestoreOf(TestVault vault, BackupRow backup, RestoreTarget target, string? password = null)
    {
        var id = Guid.CreateVersion7();
        return new Run
        {
            Id = id, Kind = RunKind.Restore, BackupId = backup.Backup.Id, Title = "restore", StartedBy = "ada", QueuedAt = DateTimeOffset.UtcNow,
            RequestJson = target.ToJson(), WrappedPassword = vault.Services.GetRequiredService<RunPasswords>().Wrap(id, password),
        };
    }

    private async Task<DatabaseFingerprint> PrintAsync(string database) => await DatabaseFingerprint.TakeAsync(postgres.Cluster.ConnectionString(database));
}
