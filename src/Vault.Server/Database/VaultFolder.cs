using Microsoft.Data.Sqlite;
using Vault.Core;

namespace Vault.Server.Database;

/// <summary>The folder <c>VAULT_DATA</c>, held by one process at a time: a second server, or <c>vaultctl rotate-key</c>, waits for its end.</summary>
internal sealed class VaultFolder : IDisposable
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    private readonly FileStream held;

    private VaultFolder(string path, FileStream held) => (Path, this.held) = (path, held);

    public string Path { get; }

    public string DatabasePath => System.IO.Path.Combine(Path, "vault.db");

    public bool HasDatabase => File.Exists(DatabasePath) && new FileInfo(DatabasePath).Length > 0;

    public string ConnectionString(SqliteOpenMode mode) => new SqliteConnectionStringBuilder
    {
        DataSource = DatabasePath,
        Mode = mode,
        ForeignKeys = true,
        DefaultTimeout = 30,
        Pooling = mode != SqliteOpenMode.ReadOnly,
    }.ToString();

    /// <exception cref="ProblemException">The folder cannot be written, or another process holds the vault.</exception>
    public static VaultFolder Hold(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(full);
            else
                Directory.CreateDirectory(full, OwnerFolder);
            return new VaultFolder(full, OpenOwned(System.IO.Path.Combine(full, "vault.lock")));
        }
        catch (Exception e) when (e is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            throw new ProblemException("vault-folder-unwritable",
                $"The vault's folder {full} cannot be written, so Vault did not start.",
                "Give the account that runs Vault the right to write there, or set VAULT_DATA to another folder.", e);
        }
        catch (IOException e)
        {
            throw new ProblemException("vault-in-use",
                $"The vault in {full} is held by another process (a second Vault, or vaultctl rotate-key), so Vault did not start.",
                "Stop the other process, or set VAULT_DATA to another folder.", e);
        }
    }

    /// <summary>Makes the empty database file before SQLite does, because SQLite would make it readable for others.</summary>
    public void CreateDatabaseFile()
    {
        if (!File.Exists(DatabasePath))
            using (Create(DatabasePath, FileShare.ReadWrite)) { }
    }

    /// <summary>A consistent copy of the database, for the owner to return to when a migration goes wrong.</summary>
    public string CopyDatabase(string label)
    {
        var copy = System.IO.Path.Combine(Path, $"vault-before-{label}.db");
        File.Delete(copy);
        using (Create(copy, FileShare.ReadWrite)) { }
        using var from = new SqliteConnection(ConnectionString(SqliteOpenMode.ReadWrite));
        using var to = new SqliteConnection($"Data Source={copy};Pooling=False");
        from.Open();
        to.Open();
        from.BackupDatabase(to);
        return copy;
    }

    public void Dispose() => held.Dispose();

    private static FileStream OpenOwned(string path) => Create(path, FileShare.None);

    private static FileStream Create(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerFile;
        return new FileStream(path, options);
    }
}
