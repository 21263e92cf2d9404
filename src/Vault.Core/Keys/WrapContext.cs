namespace Vault.Core.Keys;

/// <summary>The place of a wrapped value. It is the associated data, so a value that was moved elsewhere does not open.</summary>
public sealed record WrapContext(string Table, string RowId, string Column)
{
    /// <exception cref="ArgumentException">A part is empty or holds a slash, which would let two places look the same.</exception>
    public override string ToString() => $"{Part(Table)}/{Part(RowId)}/{Part(Column)}";

    private static string Part(string part) => part.Length > 0 && !part.Contains('/')
        ? part
        : throw new ArgumentException("A part of a wrap context is empty or holds a slash.");
}
