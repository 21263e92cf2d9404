using Microsoft.Data.Sqlite;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.Sqlite;

internal static class SqliteIntegrity
{
    private const int NoSuchCollation = 1; // SQLITE_ERROR

    /// <exception cref="ProblemException">The database is damaged.</exception>
    public static void Check(SqliteConnection connection, string path, IRunLog log)
    {
        List<string> findings;
        try
        {
            findings = connection.Texts("PRAGMA integrity_check(5)");
        }
        catch (SqliteException error) when (error.SqliteErrorCode == NoSuchCollation)
        {
            // Sort orders and modules of the owner's program are not known here; the check without indexes does not need them.
            log.Write(LogLevel.Warning, $"The indexes were not checked: {error.Message}");
            findings = connection.Texts("PRAGMA quick_check(5)");
        }

        if (findings is ["ok"])
        {
            log.Write(LogLevel.Info, "Integrity check: ok.");
            return;
        }

        foreach (var finding in findings) log.Write(LogLevel.Error, finding);
        throw new ProblemException("database-damaged", $"\"{path}\" fails SQLite's integrity check: {findings[0]}.",
            "Restore an earlier backup, or repair it with the sqlite3 shell (.recover).");
    }

    /// <summary>Virtual tables are counted through the real tables that they keep.</summary>
    public static List<TableRows> CountRows(SqliteConnection connection)
    {
        var names = connection.Texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name");
        return [.. names.Select(name => new TableRows(name, connection.Scalar<long>($"SELECT count(*) FROM \"{name.Replace("\"", "\"\"")}\"")))];
    }
}
