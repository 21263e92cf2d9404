namespace Vault.Browser.Tests;

/// <summary>A PostgreSQL server with the shop, and a vault that is set up to back it up.</summary>
internal static class Shop
{
    public const string Job = "Shop, every night";

    public static async Task<PostgresCluster> ClusterAsync()
    {
        var cluster = await PostgresCluster.StartAsync();
        await cluster.CreateDatabaseAsync("shop");
        await ShopSchema.SeedAsync(cluster, "shop");
        return cluster;
    }

    public static async Task SetUpAsync(Visitor visitor, PostgresCluster cluster, string? dumpFormat = null)
    {
        await visitor.StartFirstAsync();
        await visitor.AddSourceByUrlAsync(UrlOf(cluster), "Shop");
        await visitor.AddDestinationAsync("Second disk", visitor.Server.BackupFolder);
        await visitor.CreateProfileAsync("Home key");
        await visitor.AddJobAsync(Job, dumpFormat);
    }

    public static string UrlOf(PostgresCluster cluster) =>
        $"postgres://{PostgresCluster.User}:{Uri.EscapeDataString(PostgresCluster.Password)}@127.0.0.1:{cluster.Port}/shop";

    /// <summary>The content of the restored database, asked from the server, is that of the original.</summary>
    public static async Task IsEqualAsync(PostgresCluster cluster, string restored)
    {
        var original = await DatabaseFingerprint.TakeAsync(cluster.ConnectionString("shop"));
        var back = await DatabaseFingerprint.TakeAsync(cluster.ConnectionString(restored));
        original.Count.ShouldBeGreaterThan(50);
        original.DifferencesFrom(back).ShouldBeEmpty();
    }
}
