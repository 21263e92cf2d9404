using System.Net;
using System.Net.Sockets;
using Npgsql;
using Vault.Core;

namespace Vault.Testing;

/// <summary>A real PostgreSQL server of a test's own: private folder, free port, password over TCP, gone with the test.</summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    public const string User = "postgres";

    /// <summary>Odd on purpose, and searched for where no password may be.</summary>
    public const string Password = "cänary 'pw\" 100%:\\x=@/";

    private const string DefaultBinFolder = "/usr/lib/postgresql/15/bin";
    private readonly string binFolder;
    private readonly string folder;

    private PostgresCluster(string binFolder, string folder, int port) => (this.binFolder, this.folder, Port) = (binFolder, folder, port);

    public int Port { get; }

    public string SocketFolder => folder;

    private string DataFolder => Path.Combine(folder, "data");

    public static async Task<PostgresCluster> StartAsync(string? binFolder = null)
    {
        var folder = Directory.CreateTempSubdirectory("vault-pg-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("755", 8));
        var passwordFile = Path.Combine(folder, "password");
        await File.WriteAllTextAsync(passwordFile, Password);
        if (Environment.UserName == "root") await Commands.RunAsync("chown", "-R", User, folder);
        var cluster = new PostgresCluster(binFolder ?? DefaultBinFolder, folder, FreePort());
        await cluster.AsServerUserAsync("initdb", "-D", cluster.DataFolder, "-U", User, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
            "--auth-local=trust", "--auth-host=scram-sha-256", $"--pwfile={passwordFile}");
        await cluster.StartServerAsync();
        return cluster;
    }

    public Task StartServerAsync() => AsServerUserAsync("pg_ctl", "-D", DataFolder, "-w", "-t", "60", "-l", Path.Combine(folder, "log"), "start", "-o",
        $"-p {Port} -k {folder} -F -c listen_addresses=127.0.0.1 -c max_connections=60 -c full_page_writes=off -c synchronous_commit=off");

    public Task StopServerAsync() => AsServerUserAsync("pg_ctl", "-D", DataFolder, "-w", "-m", "immediate", "stop");

    public string ConnectionString(string database, string user = User, string password = Password) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1", Port = Port, Database = database, Username = user, Password = password, Pooling = false,
    }.ConnectionString;

    public SettingValues Settings(string database, string user = User, string password = Password) => new(new Dictionary<string, string>
    {
        ["host"] = "127.0.0.1", ["port"] = Port.ToString(), ["database"] = database, ["user"] = user, ["password"] = password, ["sslmode"] = "prefer",
    });

    public async Task CreateDatabaseAsync(string name) => await ExecuteAsync("postgres", $"CREATE DATABASE \"{name.Replace("\"", "\"\"")}\"");

    public async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(DataFolder, "postmaster.pid"))) await StopServerAsync();
        Directory.Delete(folder, recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The server refuses to run as root.</summary>
    private Task<string> AsServerUserAsync(string tool, params string[] arguments) => Environment.UserName == "root"
        ? Commands.RunAsync("runuser", ["-u", User, "--", Path.Combine(binFolder, tool), .. arguments])
        : Commands.RunAsync(Path.Combine(binFolder, tool), arguments);
}
