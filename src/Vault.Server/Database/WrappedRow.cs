using Vault.Core.Keys;

namespace Vault.Server.Database;

/// <summary>Names the place that a wrapped value is bound to. The id is written as SQLite holds it, so that rotation names it alike.</summary>
internal static class WrappedRow
{
    public static WrapContext Of(string table, Guid id, string column) =>
        new(table, id.ToString("D").ToUpperInvariant(), column);
}
