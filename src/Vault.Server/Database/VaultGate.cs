using Microsoft.Data.Sqlite;
using Vault.Core;
using Vault.Core.Keys;

namespace Vault.Server.Database;

/// <summary>Looks at an existing vault, read-only, and refuses what must not be opened: the wrong key, or a newer vault.</summary>
internal static class VaultGate
{
    public const string CheckName = "SystemKeyCheck";

    public static readonly WrapContext CheckWhere = new("Settings", CheckName, "Value");

    /// <exception cref="ProblemException">The vault must not be opened. Nothing was written.</exception>
    public static void Check(VaultFolder folder, SystemKey key, IReadOnlyCollection<string> knownMigrations)
    {
        if (!folder.HasDatabase)
            return;
        using var connection = new SqliteConnection(folder.ConnectionString(SqliteOpenMode.ReadOnly));
        try
        {
            connection.Open();
            RefuseNewer(Read(connection, "__EFMigrationsHistory", "SELECT MigrationId FROM __EFMigrationsHistory ORDER BY 1"), knownMigrations);
            RefuseWrongKey(Read(connection, "Settings", $"SELECT Value FROM Settings WHERE Name = '{CheckName}'").FirstOrDefault(), key);
        }
        catch (SqliteException e)
        {
            throw new ProblemException("vault-unreadable",
                $"The vault database {folder.DatabasePath} cannot be read ({e.SqliteErrorCode}), so Vault did not start.",
                "Check the disk and the file's owner, or put a copy of vault.db back.", e);
        }
    }

    private static void RefuseNewer(IReadOnlyList<string> applied, IReadOnlyCollection<string> known)
    {
        if (applied.FirstOrDefault(id => !known.Contains(id)) is { } unknown)
            throw new ProblemException("vault-newer",
                $"This vault was written by a newer Vault (migration {unknown}), so this one did not start and changed nothing.",
                "Start the newer version again, or go back to the copy of vault.db that it made before it migrated.");
    }

    private static void RefuseWrongKey(string? wrappedCheck, SystemKey key)
    {
        if (wrappedCheck is not null && !key.Unwrap(wrappedCheck, CheckWhere).IsOk)
            throw new ProblemException("wrong-system-key",
                "ENCRYPTION_KEY is not the key of this vault, so Vault did not start and changed nothing.",
                $"Set the key that it was made with (key id {KeyIdOf(wrappedCheck)}; this one is {key.KeyId}). A new vault needs its own folder in VAULT_DATA and its own key: openssl rand -hex 32");
    }

    private static string KeyIdOf(string wrapped) => wrapped.Split('.') is [_, var kid, _] ? kid : "unknown";

    private static List<string> Read(SqliteConnection connection, string table, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{table}'";
        if (command.ExecuteScalar() is null)
            return [];
        command.CommandText = sql;
        using var rows = command.ExecuteReader();
        var values = new List<string>();
        while (rows.Read())
            values.Add(rows.GetString(0));
        return values;
    }
}
