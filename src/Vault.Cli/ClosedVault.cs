using Vault.Core;

namespace Vault.Cli;

/// <summary>The folder of a vault that no server runs on, held until the end.</summary>
internal sealed class ClosedVault : IDisposable
{
    private readonly FileStream held;

    private ClosedVault(string databasePath, FileStream held) => (DatabasePath, this.held) = (databasePath, held);

    public string DatabasePath { get; }

    /// <exception cref="ProblemException">There is no vault, or a server holds it.</exception>
    public static ClosedVault Hold(string folder)
    {
        var database = Path.GetFullPath(Path.Combine(folder, "vault.db"));
        if (!File.Exists(database))
            throw new ProblemException("vault-missing", $"There is no vault at {database}, so nothing was changed.", "Set VAULT_DATA to the folder that holds vault.db.");
        try
        {
            // The lock that the server takes: the file of the same name, held alone.
            return new(database, new FileStream(Path.Combine(folder, "vault.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ProblemException("vault-folder-unwritable", $"The folder of {database} cannot be written, so nothing was changed.", "Run this as the account that runs Vault.", e);
        }
        catch (IOException e)
        {
            throw new ProblemException("vault-in-use", $"A running Vault holds {database}, so nothing was changed.", "Stop the server, then run this again.", e);
        }
    }

    public void Dispose() => held.Dispose();
}
