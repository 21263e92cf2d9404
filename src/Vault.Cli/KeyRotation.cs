using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Vault.Core;
using Vault.Core.Keys;

namespace Vault.Cli;

/// <summary>Re-wraps every wrapped value in one transaction: killed at any point, it is as if it never ran (design §3).</summary>
internal sealed class KeyRotation(SystemKey current, SystemKey next, TextWriter progress)
{
    /// <returns>How many values were re-wrapped.</returns>
    /// <exception cref="ProblemException">Nothing was changed.</exception>
    public int Run(string databasePath)
    {
        if (current.KeyId == next.KeyId)
            throw new ProblemException("same-key", "ENCRYPTION_KEY and NEW_ENCRYPTION_KEY are the same key, so nothing was changed.", "Make a new one with: openssl rand -hex 32");
        using var connection = new SqliteConnection($"Data Source={databasePath};Mode=ReadWrite;Pooling=False");
        try
        {
            connection.Open();
            // What the old key opens is overwritten in the file, not only unlinked; and the disk has it before "Done".
            Execute(connection, "PRAGMA secure_delete = ON; PRAGMA synchronous = FULL");
            var count = RewrapAll(connection);
            Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
            return count;
        }
        catch (SqliteException e)
        {
            throw new ProblemException("vault-unreadable", $"The vault database could not be read or written ({e.SqliteErrorCode}), so nothing was changed.",
                "Check the disk, its free space and the file's owner, then run this again.", e);
        }
    }

    private int RewrapAll(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction();
        RefuseUnknownColumns(connection);
        RefuseWrongKey(connection);
        var count = WrappedColumn.All.Sum(column => Rewrap(connection, column));
        transaction.Commit();
        return count;
    }

    private int Rewrap(SqliteConnection connection, WrappedColumn column)
    {
        var rows = Read(connection, column);
        using var update = connection.CreateCommand();
        update.CommandText = $"UPDATE \"{column.Table}\" SET \"{column.Column}\" = $value WHERE \"{column.IdColumn}\" = $id";
        var (value, id) = (update.Parameters.Add("$value", SqliteType.Text), update.Parameters.Add("$id", SqliteType.Text));
        for (var i = 0; i < rows.Count; i++)
        {
            (id.Value, value.Value) = (rows[i].Id, Rewrap(rows[i].Wrapped, new(column.Table, rows[i].Id, column.Column)));
            update.ExecuteNonQuery();
            if ((i + 1) % 500 == 0)
                progress.WriteLine($"{column.Table}: {i + 1} of {rows.Count}");
        }
        progress.WriteLine($"{column.Table}: {rows.Count} of {rows.Count}");
        return rows.Count;
    }

    private string Rewrap(string wrapped, WrapContext where)
    {
        var plaintext = current.Unwrap(wrapped, where).Value;
        try
        {
            return next.Wrap(plaintext, where);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    private void RefuseWrongKey(SqliteConnection connection)
    {
        if (Read(connection, WrappedColumn.Check) is not [var check])
            throw new ProblemException("vault-missing", "This vault has no key yet, so there is nothing to rotate.", "Start Vault with the new key.");
        var where = new WrapContext(WrappedColumn.Check.Table, check.Id, WrappedColumn.Check.Column);
        if (current.Unwrap(check.Wrapped, where).IsOk)
            return;
        throw next.Unwrap(check.Wrapped, where).IsOk
            ? new ProblemException("already-rotated", "The vault is wrapped with NEW_ENCRYPTION_KEY already, so nothing was changed.", "Start Vault with that key as ENCRYPTION_KEY.")
            : new ProblemException("wrong-system-key", "ENCRYPTION_KEY is not the key of this vault, so nothing was changed.", "Set the key that Vault runs with.");
    }

    /// <summary>A newer vault may hold wrapped values that this program does not know; leaving them behind would lose them.</summary>
    private static void RefuseUnknownColumns(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND c.name LIKE 'Wrapped%'";
        using var found = command.ExecuteReader();
        while (found.Read())
        {
            var (table, column) = (found.GetString(0), found.GetString(1));
            if (!WrappedColumn.All.Any(known => known.Table == table && known.Column == column))
                throw new ProblemException("vault-newer", $"This vault was written by a newer Vault (it has {table}.{column}), so nothing was changed.", "Use the vaultctl of that version.");
        }
    }

    private static List<(string Id, string Wrapped)> Read(SqliteConnection connection, WrappedColumn column)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT \"{column.IdColumn}\", \"{column.Column}\" FROM \"{column.Table}\" " +
            $"WHERE \"{column.Column}\" IS NOT NULL AND ($row IS NULL OR \"{column.IdColumn}\" = $row)";
        command.Parameters.AddWithValue("$row", (object?)column.RowId ?? DBNull.Value);
        using var reader = command.ExecuteReader();
        var rows = new List<(string, string)>();
        while (reader.Read())
            rows.Add((reader.GetString(0), reader.GetString(1)));
        return rows;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
