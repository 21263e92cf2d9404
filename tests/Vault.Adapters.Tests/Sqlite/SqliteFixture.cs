using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Testing;

namespace Vault.Adapters.Tests.Sqlite;

/// <summary>SQLite files and their content, read by plain SQL.</summary>
internal static class SqliteFixture
{
    public static readonly IDatabaseEngine Engine = EngineRegistry.Create(EngineOptions.Default).Find("sqlite")!;

    public static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    public static void Run(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static T Ask<T>(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }

    public static void MakeShop(string path, string mode = "wal", int rows = 5000, int pageBytes = 4096)
    {
        using var connection = Open(path);
        connection.Run($"PRAGMA page_size = {pageBytes}; PRAGMA journal_mode = {mode}; PRAGMA wal_autocheckpoint = 100");
        connection.Run("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, photo BLOB); CREATE INDEX by_name ON customers (name); CREATE VIRTUAL TABLE words USING fts5 (text)");
        connection.Run($"WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < {rows}) INSERT INTO customers SELECT i, 'name ' || i, zeroblob(i % 300) FROM g");
        connection.Run("INSERT INTO words SELECT name FROM customers LIMIT 100");
    }

    public static string HashOf(string path)
    {
        using var connection = Open(path);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, name, hex(photo) FROM customers ORDER BY id";
        using var reader = command.ExecuteReader();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (reader.Read())
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{reader.GetInt64(0)}|{reader.GetString(1)}|{reader.GetString(2)}\n"));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    public static async Task<byte[]> DumpAsync(string path, List<TableRows>? tables = null, Func<Task>? betweenReads = null)
    {
        await using var dump = await Engine.StartDumpAsync(new DumpRequest(Settings(path), "sqlite"), new RecordingLog(), default);
        using var memory = new MemoryStream();
        var buffer = new byte[50_001];
        int read;
        while ((read = await dump.Content.ReadAsync(buffer)) > 0)
        {
            memory.Write(buffer, 0, read);
            dump.Proof.Observe(buffer.AsSpan(0, read));
            if (betweenReads is not null) await betweenReads();
        }

        await dump.CompleteAsync();
        if (dump.Proof.Conclude() is { } problem) throw new ProblemException(problem);
        tables?.AddRange(dump.Proof.Tables);
        return memory.ToArray();
    }

    public static SettingValues Settings(string path) => new(new Dictionary<string, string> { ["path"] = path });

    public static RestoreRequest Request(string path, Guid? runId = null) =>
        new(runId ?? Guid.NewGuid(), Settings(path), path, new DumpOrigin("sqlite", "3.40.1", null, "sqlite", path, null));
}
