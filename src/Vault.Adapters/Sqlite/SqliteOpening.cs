using Microsoft.Data.Sqlite;
using Vault.Core;

namespace Vault.Adapters.Sqlite;

internal static class SqliteOpening
{
    private const int BusyMilliseconds = 10_000;
    private const int Busy = 5, Locked = 6, ReadOnly = 8, Corrupt = 11, Full = 13, CannotOpen = 14, NoDatabase = 26;

    /// <summary>Never creates the file. Pooling would keep locks after the connection is closed.</summary>
    public static SqliteConnection Open(string path)
    {
        if (!File.Exists(path)) throw new ProblemException(Missing(path));
        return Open(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }, path);
    }

    /// <summary>For a file that nobody else knows: no lock, and no -wal or -shm beside it.</summary>
    public static SqliteConnection OpenUnshared(string path) => Open(new SqliteConnectionStringBuilder
    {
        DataSource = $"file:{Uri.EscapeDataString(path).Replace("%2F", "/")}?immutable=1", Mode = SqliteOpenMode.ReadOnly, Pooling = false,
    }, path);

    public static void Execute(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static T Scalar<T>(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }

    public static List<string> Texts(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var texts = new List<string>();
        while (reader.Read()) texts.Add(reader.GetString(0));
        return texts;
    }

    public static Problem Missing(string path) => new("database-missing", $"There is no file \"{path}\", so there is nothing to back up.",
        "Correct the path, or mount the folder that holds it.");

    public static ProblemException Translate(Exception error, string path) => error switch
    {
        ProblemException known => known,
        SqliteException { SqliteErrorCode: NoDatabase } => new("not-sqlite", $"\"{path}\" is no SQLite database (or an encrypted one).",
            "Correct the path.", error),
        SqliteException { SqliteErrorCode: Corrupt } => new("database-damaged", $"\"{path}\" is damaged; what is in it cannot be trusted.",
            "Restore an earlier backup, or repair it with the sqlite3 shell (.recover).", error),
        SqliteException { SqliteErrorCode: Busy or Locked } => new("database-locked", $"Another program holds \"{path}\" locked.",
            "Start again when it has finished, or stop it.", error),
        SqliteException { SqliteErrorCode: Full } => new("server-full", $"The disk that holds \"{path}\" is full.", "Free space, then start again.", error),
        SqliteException { SqliteErrorCode: CannotOpen or ReadOnly } or UnauthorizedAccessException => new("permission-denied",
            $"Vault may not open \"{path}\" or write beside it.", "Give the user that Vault runs as the right to read and write the file and its folder.", error),
        _ => new("database-failed", $"\"{path}\" could not be used: {error.Message}", "Check the file and its disk, then start again.", error),
    };

    private static SqliteConnection Open(SqliteConnectionStringBuilder builder, string path)
    {
        var connection = new SqliteConnection(builder.ConnectionString);
        try
        {
            connection.Open();
            connection.Execute($"PRAGMA busy_timeout = {BusyMilliseconds}");
            return connection;
        }
        catch (SqliteException error)
        {
            connection.Dispose();
            throw Translate(error, path);
        }
    }
}
