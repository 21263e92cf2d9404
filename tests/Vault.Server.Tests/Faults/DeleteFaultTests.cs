using Microsoft.Data.Sqlite;
using Shouldly;
using Vault.Core;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;
using TheVault = Vault.Server.Tests.Runs.TestVault;

namespace Vault.Server.Tests.Faults;

/// <summary>Each call of a deletion to the destination fails: there is never metadata without its object, and the deletion ends later.</summary>
public sealed class DeleteFaultTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("the folder")]
    [InlineData("the metadata")]
    [InlineData("the object")]
    public async Task A_deletion_that_fails_stays_Expiring_and_is_ended_later(string failing)
    {
        await using var vault = TheVault.Start(folder.Path);
        var backup = await BackUpAsync(vault);
        var path = Path.Combine(vault.BackupFolder, backup.Copies[0].Copy.ObjectName);
        var mend = Break(failing switch { "the folder" => vault.BackupFolder, "the metadata" => path + ".meta.json", _ => path });

        (await vault.Backups.DeleteAsync(backup.Backup.Id, TheVault.Ada)).ShouldNotBeNull().Message.ShouldNotBeNullOrWhiteSpace();

        (await vault.Backups.FindAsync(backup.Backup.Id))!.Backup.State.ShouldBe(BackupState.Expiring);
        if (failing != "the object") Path.Exists(failing == "the folder" ? AsideOf(vault.BackupFolder) : path).ShouldBeTrue("its metadata is still there");
        mend();
        (await vault.Backups.DeleteAsync(backup.Backup.Id, TheVault.Ada)).ShouldBeNull();
        (await vault.Backups.FindAsync(backup.Backup.Id)).ShouldBeNull();
        vault.StoredFiles.ShouldBeEmpty();
    }

    /// <summary>A full folder in the place of a file cannot be deleted; a file in the place of a folder holds nothing.</summary>
    private static Action Break(string path)
    {
        var isFolder = Directory.Exists(path);
        Directory.Move(path, AsideOf(path));
        if (isFolder) File.WriteAllText(path, "");
        else Directory.CreateDirectory(Path.Combine(path, "full"));
        return () =>
        {
            if (isFolder) File.Delete(path);
            else Directory.Delete(path, recursive: true);
            Directory.Move(AsideOf(path), path);
        };
    }

    private static string AsideOf(string path) => path + "-aside";

    private async Task<BackupRow> BackUpAsync(TheVault vault)
    {
        await using (var connection = new SqliteConnection($"Data Source={folder.File("shop.db")};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE orders (id INTEGER PRIMARY KEY)";
            await command.ExecuteNonQueryAsync();
        }

        var source = await vault.AddSourceAsync("shop", "sqlite", new SettingValues(new Dictionary<string, string> { ["path"] = folder.File("shop.db") }));
        var profile = (await vault.Profiles.CreateAsync("main", TheVault.Ada)).Value;
        var job = await vault.AddJobAsync("shop", source, await vault.AddDestinationAsync(), profile, "sqlite");
        var run = await vault.EndOfAsync((await vault.Jobs.StartAsync(job, TheVault.Ada)).Value);
        run.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(run.Id));
        return (await vault.Backups.FindAsync(run.BackupId!.Value))!;
    }
}
