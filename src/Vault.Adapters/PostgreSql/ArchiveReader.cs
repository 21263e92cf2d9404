using System.Text;

namespace Vault.Adapters.PostgreSql;

/// <summary>The primitive values of pg_dump's archive (pg_backup_archiver.c: ReadInt, ReadStr). False: more bytes are needed.</summary>
internal ref struct ArchiveReader(ReadOnlySpan<byte> bytes, int intBytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;

    public int Position { get; private set; }

    public bool TryByte(out byte value)
    {
        value = 0;
        if (Position >= bytes.Length) return false;
        value = bytes[Position++];
        return true;
    }

    public bool TrySkip(int count)
    {
        if (bytes.Length - Position < count) return false;
        Position += count;
        return true;
    }

    public bool TryInt(out int value)
    {
        value = 0;
        if (bytes.Length - Position < intBytes + 1) return false;
        value = DecodeInt(bytes.Slice(Position, intBytes + 1));
        Position += intBytes + 1;
        return true;
    }

    public bool TryString(out string? value)
    {
        value = null;
        if (!TryInt(out var length)) return false;
        if (length < 0) return true; // NULL
        if (bytes.Length - Position < length) return false;
        value = Encoding.UTF8.GetString(bytes.Slice(Position, length));
        Position += length;
        return true;
    }

    public bool TrySkipStrings(int count)
    {
        for (var i = 0; i < count; i++)
            if (!TryInt(out var length) || !TrySkip(Math.Max(length, 0))) return false;
        return true;
    }

    /// <summary>A sign byte, then the value, least significant byte first.</summary>
    public static int DecodeInt(ReadOnlySpan<byte> encoded)
    {
        var value = 0;
        for (var i = Math.Min(encoded.Length - 1, 4); i >= 1; i--) value = (value << 8) | encoded[i];
        return encoded[0] == 0 ? value : -value;
    }
}
