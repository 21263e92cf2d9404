namespace Vault.Browser.Tests;

/// <summary>Backups come back: into a new database, without their profile, and in a new vault that has only the folder and the key.</summary>
public sealed class RecoveryTests(Chrome chrome)
{
    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task A_backup_is_restored_and_found_again_without_its_profile_and_without_its_server(Theme theme, Device device)
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server, device, theme);
        await Shop.SetUpAsync(visitor, cluster);
        await visitor.BackUpNowAsync(Shop.Job);
        await visitor.RunEndsAsync("Succeeded");
        foreach (var (path, name) in new[] { ("/", "overview"), ("/backups", "backups") })
        {
            await visitor.GoAsync(path);
            await visitor.Page.ShouldHaveNoBarriersAsync(name);
            await Screenshots.TakeAsync(visitor.Page, name, theme, device);
        }

        await visitor.RestoreIntoNewAsync("Shop", "shop_back", async () =>
        {
            await visitor.Page.ShouldHaveNoBarriersAsync("restore");
            await Screenshots.TakeAsync(visitor.Page, "restore", theme, device);
        });
        await visitor.RunEndsAsync("Succeeded");
        await Shop.IsEqualAsync(cluster, "shop_back");

        var key = await visitor.CopyKeyAsync("Home key");
        await visitor.DeleteJobAsync(Shop.Job);
        await visitor.DeleteProfileAsync("Home key");
        await visitor.ImportKeyAsync("XYZ", key);
        await visitor.RestoreIntoNewAsync("Shop", "shop_found");
        await visitor.RunEndsAsync("Succeeded");
        (await visitor.WholeLogAsync()).ShouldContain("Smart Recovery Successful: Matched key from profile 'XYZ'");
        await Shop.IsEqualAsync(cluster, "shop_found");
        visitor.Server.Output.ShouldNotContain(key);

        await server.StopAsync();
        await ANewVaultRestoresAsync(server.BackupFolder, key, cluster);
    }

    private async Task ANewVaultRestoresAsync(string backupFolder, string key, PostgresCluster cluster)
    {
        await using var server = await VaultServer.StartAsync(backupFolder);
        await using var visitor = await chrome.VisitAsync(server);
        await visitor.StartFirstAsync();
        await visitor.AddSourceByUrlAsync(Shop.UrlOf(cluster), "New server");
        await visitor.AddDestinationAsync("The old folder", backupFolder);
        await visitor.ImportKeyAsync("From the safe", key);
        await visitor.ScanDestinationsAsync();
        await visitor.RestoreIntoNewAsync("Shop", "shop_elsewhere");
        await visitor.RunEndsAsync("Succeeded");
        (await visitor.WholeLogAsync()).ShouldContain("Smart Recovery Successful: Matched key from profile 'From the safe'");
        await Shop.IsEqualAsync(cluster, "shop_elsewhere");
    }
}
