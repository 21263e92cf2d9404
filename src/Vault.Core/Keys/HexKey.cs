using System.Buffers;

namespace Vault.Core.Keys;

/// <summary>Reads a key as people paste it: 64 hex characters, blanks around them allowed.</summary>
internal static class HexKey
{
    public static bool TryParse(ReadOnlySpan<char> text, Span<byte> key)
    {
        var trimmed = text.Trim();
        return trimmed.Length == key.Length * 2
            && Convert.FromHexString(trimmed, key, out _, out var written) == OperationStatus.Done
            && written == key.Length;
    }
}
