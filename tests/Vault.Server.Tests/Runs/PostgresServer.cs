using Vault.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(Vault.Server.Tests.Runs.PostgresServer))]

namespace Vault.Server.Tests.Runs;

/// <summary>One private PostgreSQL for all tests of this project.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private static int made;
    private PostgresCluster? cluster;

    public PostgresCluster Cluster => cluster!;

    public async ValueTask InitializeAsync() => cluster = await PostgresCluster.StartAsync();

    public ValueTask DisposeAsync() => cluster!.DisposeAsync();

    /// <summary>A small database of its own, with an odd name.</summary>
    public async Task<string> MakeDatabaseAsync(int rows = 500)
    {
        var name = $"shop {Interlocked.Increment(ref made)}";
        await Cluster.CreateDatabaseAsync(name);
        await Cluster.ExecuteAsync(name, $"CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders SELECT i, md5(i::text) FROM generate_series(1, {rows}) i");
        return name;
    }

    /// <summary>Holds a table so that pg_dump waits for it; disposing lets it go.</summary>
    public async Task<IAsyncDisposable> HoldAsync(string database)
    {
        var connection = new Npgsql.NpgsqlConnection(Cluster.ConnectionString(database));
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Whether a dump waits for the held table.</summary>
    public async Task<bool> IsDumpWaitingAsync(string database) => await SessionsAsync(database, "wait_event_type = 'Lock'") > 0;

    public Task<long> SessionsAsync(string database, string where) => Cluster.ScalarAsync<long>(
        "postgres", $"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND application_name <> '' AND {where}");
}
