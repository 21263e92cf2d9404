using System.Security.Cryptography;
using System.Text;
using Vault.Core;
using Vault.Core.Keys;
using Vault.Server.Database;

namespace Vault.Server.Features.Runs;

/// <summary>
/// The password that a run was asked for with. It waits in the run's row, wrapped by the system key, because the queue survives a
/// restart; it is taken out of the row when the run ends.
/// </summary>
internal sealed class RunPasswords(SystemKey systemKey)
{
    public string? Wrap(Guid runId, string? password)
    {
        if (string.IsNullOrEmpty(password)) return null;
        var utf8 = Encoding.UTF8.GetBytes(password);
        try
        {
            return systemKey.Wrap(utf8, Where(runId));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
        }
    }

    /// <summary>Null: none was given. The caller disposes it.</summary>
    /// <exception cref="ProblemException">It is damaged, or belongs to another run or another system key.</exception>
    public Password? Open(Run run)
    {
        if (run.WrappedPassword is not { } wrapped) return null;
        var utf8 = systemKey.Unwrap(wrapped, Where(run.Id)).Value;
        try
        {
            return Password.FromUtf8(utf8);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
        }
    }

    private static WrapContext Where(Guid runId) => WrappedRow.Of("Runs", runId, nameof(Run.WrappedPassword));
}
