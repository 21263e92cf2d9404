using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Runs;

public sealed class ScanTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly TempFolder other = new();

    [Fact]
    public async Task A_new_vault_on_the_same_folder_finds_the_backups_and_marks_what_goes_missing()
    {
        Backup made;
        await using (var first = TestVault.Start(folder.Path)) made = await BackUpAsync(first);
        CopyFolder(Path.Combine(folder.Path, "backups"), Path.Combine(other.Path, "backups"));

        await using var second = TestVault.Start(other.Path);
        var destination = await second.AddDestinationAsync();
        (await second.Scan.ScanAsync(destination, default)).Added.ShouldBe(1);
        (await second.Scan.ScanAsync(destination, default)).Added.ShouldBe(0);
        var found = (await second.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem().Backup;
        (found.Id, found.SourceName, found.StoredSha256, found.DumpSizeBytes, found.KeyFingerprint, found.TablesJson)
            .ShouldBe((made.Id, made.SourceName, made.StoredSha256, made.DumpSizeBytes, made.KeyFingerprint, made.TablesJson));
        found.StartedAt.ShouldBe(made.StartedAt);
        (made.State, found.State).ShouldBe((BackupState.Available, BackupState.Found), "what a scan finds is not proved");

        var metadata = Directory.GetFiles(second.BackupFolder, "*.meta.json", SearchOption.AllDirectories).Single();
        File.Move(metadata, metadata + ".away");
        (await second.Scan.ScanAsync(destination, default)).Missing.ShouldBe(0, "a sealed file needs no metadata");
        var content = metadata[..^".meta.json".Length];
        File.Move(content, content + ".away");
        (await second.Scan.ScanAsync(destination, default)).Missing.ShouldBe(1);
        (await second.Backups.FindAsync(made.Id))!.Backup.State.ShouldBe(BackupState.Missing);
        File.Move(content + ".away", content);
        (await second.Scan.ScanAsync(destination, default)).Returned.ShouldBe(1);
        (await second.Backups.FindAsync(made.Id))!.Backup.State.ShouldBe(BackupState.Found);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{ no json")]
    public async Task A_sealed_backup_whose_metadata_is_lost_is_found_and_restores(string? metadata)
    {
        await using var vault = TestVault.Start(folder.Path);
        var made = await BackUpAsync(vault);
        var path = Directory.GetFiles(vault.BackupFolder, "*.meta.json", SearchOption.AllDirectories).Single();
        File.Delete(path);
        if (metadata is not null) await File.WriteAllTextAsync(path, metadata);
        await using var db = vault.Db();
        await db.Backups.ExecuteDeleteAsync();

        (await vault.Scan.ScanAsync((await db.Destinations.SingleAsync()).Id, default)).Added.ShouldBe(1);
        var found = (await vault.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem();
        (found.Backup.State, found.Backup.Engine, found.Backup.IsEncrypted).ShouldBe((BackupState.Found, "postgresql", true));
        found.Backup.StartedAt.ShouldBe(made.StartedAt, TimeSpan.FromMilliseconds(1));
        var target = new RestoreTarget(found.Copies[0].Copy.Id, (await db.Sources.SingleAsync()).Id, $"{made.Databases} again");
        var run = await vault.EndOfAsync((await vault.Restores.StartAsync(found.Backup.Id, target, target.Database, TestVault.Ada, default)).Value);
        run.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(run.Id));
    }

    [Fact]
    public async Task Backups_that_DBackup_made_are_found_and_one_restores_once_its_key_is_imported()
    {
        await using var vault = TestVault.Start(folder.Path);
        CopyFolder(Fixtures(), vault.BackupFolder);
        using var manifest = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Fixtures(), "manifest.json")));
        var target = await vault.AddSourceAsync("target", "postgresql", postgres.Cluster.Settings(await postgres.MakeDatabaseAsync()));
        await vault.Scan.ScanAsync(await vault.AddDestinationAsync(), default);
        (await vault.Profiles.ImportAsync("DBackup", manifest.RootElement.GetProperty("master_key_hex").GetString()!, TestVault.Ada)).IsOk.ShouldBeTrue();

        var found = await vault.Backups.ListAsync(new BackupFilter());

        found.Count.ShouldBe(3);
        found.ShouldAllBe(b => b.Backup.Engine == "postgresql" && b.Backup.IsEncrypted);
        // The other two hold the first 1.5 MB of a script. This one is an archive although its name says .sql.
        var backup = found.Single(b => b.Backup.JobName == "pg-gzip");
        await postgres.Cluster.ExecuteAsync("postgres", "CREATE ROLE app");
        var restoring = new RestoreTarget(backup.Copies[0].Copy.Id, target, "from dbackup");
        var run = await vault.EndOfAsync((await vault.Restores.StartAsync(backup.Backup.Id, restoring, restoring.Database, TestVault.Ada, default)).Value);
        run.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(run.Id));
        (await vault.LogOfAsync(run.Id)).ShouldContain("Smart Recovery Successful: Matched key from profile 'DBackup'");
        backup.Backup.State.ShouldBe(BackupState.Found);
        (await vault.Backups.FindAsync(backup.Backup.Id))!.Backup.State.ShouldBe(BackupState.Available, "a restore proved it");
        (await postgres.Cluster.ScalarAsync<long>(restoring.Database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_disk_that_is_not_mounted_is_named_and_its_backups_are_not_green_until_it_is_back()
    {
        await using var vault = TestVault.Start(folder.Path);
        var made = await BackUpAsync(vault);
        await using var db = vault.Db();
        var destination = (await db.Destinations.SingleAsync()).Id;
        Directory.Move(vault.BackupFolder, vault.BackupFolder + "-unmounted");
        (await vault.Scan.ScanAsync(destination, default)).Problem.ShouldNotBeNull().Code.ShouldBe("destination-missing");
        Directory.CreateDirectory(vault.BackupFolder); // the empty mount point

        var result = await vault.Scan.ScanAsync(destination, default);

        result.Problem.ShouldNotBeNull().Code.ShouldBe("destination-empty");
        (await vault.Backups.FindAsync(made.Id))!.Backup.State.ShouldBe(BackupState.Missing);
        Directory.Delete(vault.BackupFolder);
        Directory.Move(vault.BackupFolder + "-unmounted", vault.BackupFolder);
        (await vault.Scan.ScanAsync(destination, default)).Problem.ShouldBeNull();
        (await vault.Backups.FindAsync(made.Id))!.Backup.State.ShouldBe(BackupState.Found);
    }

    [Fact]
    public async Task Scans_beside_backups_that_come_and_go_lose_none_and_find_none_twice()
    {
        await using var vault = TestVault.Start(folder.Path);
        var kept = await BackUpAsync(vault);
        await using var db = vault.Db();
        var destination = (await db.Destinations.SingleAsync()).Id;
        using var stop = new CancellationTokenSource();
        var scanned = 0;
        var scanning = Task.Run(async () =>
        {
            for (; !stop.IsCancellationRequested; scanned++)
            {
                var result = await vault.Scan.ScanAsync(destination, CancellationToken.None);
                (result.Added, result.Missing, result.Returned).ShouldBe((0, 0, 0), result.Problem?.ToString());
            }
        });

        for (var i = 0; i < 20; i++)
            (await vault.Backups.DeleteAsync((await StartAsync(vault)).BackupId!.Value, TestVault.Ada)).ShouldBeNull();

        await stop.CancelAsync();
        await scanning;
        scanned.ShouldBeGreaterThan(20);
        (await vault.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem().Backup.State.ShouldBe(BackupState.Available);
        kept.State.ShouldBe(BackupState.Available);
    }

    [Fact]
    public async Task Garbage_beside_a_backup_is_named_and_the_rest_is_found()
    {
        await using var vault = TestVault.Start(folder.Path);
        await BackUpAsync(vault);
        await File.WriteAllTextAsync(Path.Combine(vault.BackupFolder, "a.sql.enc"), "x");
        await File.WriteAllTextAsync(Path.Combine(vault.BackupFolder, "a.sql.enc.meta.json"), "{ not json");
        await File.WriteAllTextAsync(Path.Combine(vault.BackupFolder, "b.sql.enc"), "x");
        await using var db = vault.Db();
        await db.Backups.ExecuteDeleteAsync();

        var result = await vault.Scan.ScanAsync((await db.Destinations.SingleAsync()).Id, default);

        result.Added.ShouldBe(1);
        result.NotBackups.OrderBy(n => n.ObjectName).Select(n => n.Problem.Code).ShouldBe(["metadata-garbage", "metadata-missing"]);
    }

    [Fact]
    public async Task Deleting_a_backup_removes_object_metadata_and_row_and_a_deletion_cut_short_is_ended_at_the_next_start()
    {
        Guid second;
        await using (var vault = TestVault.Start(folder.Path))
        {
            var first = await BackUpAsync(vault);
            second = (await StartAsync(vault)).BackupId!.Value;
            (await vault.Backups.DeleteAsync(first.Id, TestVault.Ada)).ShouldBeNull();
            (await vault.Backups.FindAsync(first.Id)).ShouldBeNull();
            vault.StoredFiles.Count.ShouldBe(2);
            await using var db = vault.Db();
            await db.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.State, BackupState.Expiring));
        }

        await using var again = TestVault.Start(folder.Path);
        await Eventually.TrueAsync(async () => await again.Backups.FindAsync(second) is null, "the deletion is ended");
        again.StoredFiles.ShouldBeEmpty();
    }

    public void Dispose()
    {
        folder.Dispose();
        other.Dispose();
    }

    private async Task<Backup> BackUpAsync(TestVault vault)
    {
        var database = await postgres.MakeDatabaseAsync();
        var profile = (await vault.Profiles.CreateAsync("main", TestVault.Ada)).Value;
        var source = await vault.AddSourceAsync(database, "postgresql", postgres.Cluster.Settings(database));
        await vault.AddJobAsync("Shop", source, await vault.AddDestinationAsync(), profile);
        return (await vault.Backups.FindAsync((await StartAsync(vault)).BackupId!.Value))!.Backup;
    }

    private static async Task<Run> StartAsync(TestVault vault)
    {
        var run = await vault.EndOfAsync((await vault.Jobs.StartAsync((await vault.Jobs.ListAsync())[0].Job.Id, TestVault.Ada)).Value);
        run.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(run.Id));
        return run;
    }

    private static string Fixtures([System.Runtime.CompilerServices.CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "../../Vault.Core.Tests/fixtures/dbackup"));

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
