using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

/// <summary>One server for all tests of the engine; each test has databases of its own.</summary>
public sealed class OneCluster : IAsyncLifetime
{
    private int databases;

    public PostgresCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await PostgresCluster.StartAsync();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();

    public async Task<string> NewDatabaseAsync(string? name = null)
    {
        name ??= $"db{Interlocked.Increment(ref databases)}";
        await Cluster.CreateDatabaseAsync(name);
        return name;
    }

    public async Task<string> NewShopAsync(string? name = null, int orders = 2000)
    {
        name = await NewDatabaseAsync(name);
        await ShopSchema.SeedAsync(Cluster, name, orders);
        return name;
    }
}
