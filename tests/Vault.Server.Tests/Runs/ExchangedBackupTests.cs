using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Core;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Runs;

/// <summary>Somebody who may write the destination, and has no key, cannot choose what is restored.</summary>
public sealed class ExchangedBackupTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Shop => folder.File("shop.db");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_backup_that_claims_to_be_unencrypted_is_refused()
    {
        await using var vault = TestVault.Start(folder.Path);
        var job = await AddJobAsync(vault);
        var backup = await BackUpAsync(vault, job);
        var name = Path.Combine(vault.BackupFolder, backup.Copies[0].Copy.ObjectName);
        var forged = new byte[backup.Copies[0].Copy.SizeBytes];
        await File.WriteAllBytesAsync(name, forged);
        var metadata = JsonNode.Parse(await File.ReadAllTextAsync(name + ".meta.json"))!.AsObject();
        metadata.Remove("encryption");
        metadata.Remove("sha256");
        metadata["compression"] = "NONE";
        await File.WriteAllTextAsync(name + ".meta.json", metadata.ToJsonString());

        (await RestoreAsync(vault, backup)).ProblemCode.ShouldBe("backup-exchanged");
        File.Exists(folder.File("restored.db")).ShouldBeFalse();
    }

    [Fact]
    public async Task An_older_backup_in_the_place_of_a_newer_one_is_refused_although_it_is_authentic()
    {
        await using var vault = TestVault.Start(folder.Path);
        var job = await AddJobAsync(vault);
        var older = await BackUpAsync(vault, job);
        await ChangeAsync("INSERT INTO orders VALUES (3)");
        var newer = await BackUpAsync(vault, job);
        foreach (var suffix in new[] { "", ".meta.json" })
            File.Copy(Path.Combine(vault.BackupFolder, older.Copies[0].Copy.ObjectName + suffix), Path.Combine(vault.BackupFolder, newer.Copies[0].Copy.ObjectName + suffix), overwrite: true);

        (await RestoreAsync(vault, newer)).ProblemCode.ShouldBe("backup-exchanged");
    }

    [Fact]
    public async Task What_neither_a_key_nor_a_checksum_proves_stays_Found_when_it_was_restored()
    {
        await using var vault = TestVault.Start(folder.Path);
        var made = await BackUpAsync(vault, await AddJobAsync(vault, isEncrypted: false));
        var metadataPath = Path.Combine(vault.BackupFolder, made.Copies[0].Copy.ObjectName + ".meta.json");
        var metadata = JsonNode.Parse(await File.ReadAllTextAsync(metadataPath))!.AsObject();
        var checksums = metadata["sha256"]!.DeepClone();
        foreach (var (isProvable, state) in new[] { (false, BackupState.Found), (true, BackupState.Available) })
        {
            metadata.Remove("sha256");
            if (isProvable) metadata["sha256"] = checksums.DeepClone();
            await File.WriteAllTextAsync(metadataPath, metadata.ToJsonString());
            await using (var db = vault.Db()) await db.Backups.ExecuteDeleteAsync();
            (await vault.Scan.ScanAsync(made.Copies[0].Copy.DestinationId, default)).Added.ShouldBe(1);
            var found = (await vault.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem();
            found.Backup.SourceId.ShouldNotBeNull();

            (await RestoreAsync(vault, found)).State.ShouldBe(RunState.Succeeded);

            (await vault.Backups.FindAsync(found.Backup.Id))!.Backup.State.ShouldBe(state);
        }
    }

    [Fact]
    public async Task A_restore_never_replaces_the_vault_itself()
    {
        await using var vault = TestVault.Start(folder.Path);
        var backup = await BackUpAsync(vault, await AddJobAsync(vault));
        var target = new RestoreTarget(backup.Copies[0].Copy.Id, backup.Backup.SourceId!.Value, folder.File("data/vault.db"));
        var started = await vault.Restores.StartAsync(backup.Backup.Id, target, target.Database, TestVault.Ada, default);
        started.Problem.ShouldNotBeNull().Code.ShouldBe("target-forbidden");
    }

    private async Task<Guid> AddJobAsync(TestVault vault, bool isEncrypted = true)
    {
        await ChangeAsync("CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders VALUES (1), (2)");
        var source = await vault.AddSourceAsync("shop", "sqlite", new SettingValues(new Dictionary<string, string> { ["path"] = Shop }));
        Guid? profile = isEncrypted ? (await vault.Profiles.CreateAsync("main", TestVault.Ada)).Value : null;
        return await vault.AddJobAsync("shop", source, await vault.AddDestinationAsync(), profile, "sqlite");
    }

    private async Task ChangeAsync(string sql)
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Shop};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<BackupRow> BackUpAsync(TestVault vault, Guid job)
    {
        var run = await vault.EndOfAsync((await vault.Jobs.StartAsync(job, TestVault.Ada)).Value);
        run.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(run.Id));
        return (await vault.Backups.FindAsync(run.BackupId!.Value))!;
    }

    private async Task<Run> RestoreAsync(TestVault vault, BackupRow backup)
    {
        var target = new RestoreTarget(backup.Copies[0].Copy.Id, backup.Backup.SourceId!.Value, folder.File("restored.db"));
        return await vault.EndOfAsync((await vault.Restores.StartAsync(backup.Backup.Id, target, target.Database, TestVault.Ada, default)).Value);
    }
}
