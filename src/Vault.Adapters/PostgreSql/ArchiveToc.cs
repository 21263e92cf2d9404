using System.Buffers;

namespace Vault.Adapters.PostgreSql;

/// <param name="HasData">A data block with this id follows the table of contents.</param>
/// <param name="OffsetAt">Where in the archive it stands where that block begins: a byte that says whether it is known, and the number.</param>
/// <param name="IsOffsetOpen">It is not known, as in every archive that was written into a pipe.</param>
internal sealed record ArchiveEntry(int DumpId, bool HasData, string? Tag, string? Kind, string? Schema, bool IsCopied, long OffsetAt, bool IsOffsetOpen);

/// <summary>
/// Header and table of contents of pg_dump's custom format, read as the bytes arrive; pg_backup_archiver.c, ReadHead and
/// ReadToc, archive versions 1.12 (PostgreSQL 9.0–10) to 1.16 (17, 18).
/// </summary>
internal sealed class ArchiveToc
{
    private const int LongestToc = 512 * 1024 * 1024;
    private const byte OffsetOpen = 1; // K_OFFSET_POS_NOT_SET
    private ArrayBufferWriter<byte> pending = new();
    private int expectedEntries = -1;
    private int minor;

    public List<ArchiveEntry> Entries { get; } = [];

    public int IntBytes { get; private set; } = 4;

    public int OffsetBytes { get; private set; } = 8;

    /// <summary>How much of the archive was read; once it is complete, where the data begins.</summary>
    public long Position { get; private set; }

    public string? Damage { get; private set; }

    public bool IsUnknownVersion { get; private set; }

    /// <summary>Known once <see cref="IsComplete"/>.</summary>
    public bool IsCompressed { get; private set; }

    public bool IsComplete => Damage is null && Entries.Count == expectedEntries;

    /// <summary>Takes bytes until the table is complete; returns what lies behind it.</summary>
    public ReadOnlySpan<byte> Take(ReadOnlySpan<byte> bytes)
    {
        pending.Write(bytes);
        if (pending.WrittenCount > LongestToc) Damage = "its table of contents has no end";
        var have = pending.WrittenSpan;
        var used = 0;
        if (expectedEntries < 0) used = ReadHead(have);
        while (Damage is null && expectedEntries >= 0 && !IsComplete && ReadEntry(have[used..], Position + used) is var length and > 0) used += length;
        if (Damage is not null) return default;
        Position += used;
        var rest = have[used..];
        if (IsComplete) return rest;
        if (used == 0) return default;
        var unread = new ArrayBufferWriter<byte>(Math.Max(rest.Length, 256));
        unread.Write(rest);
        pending = unread;
        return default;
    }

    private int ReadHead(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 11) return 0;
        if (!bytes.StartsWith("PGDMP"u8)) return Refuse("it does not begin with PGDMP");
        minor = bytes[6];
        IntBytes = bytes[8];
        OffsetBytes = bytes[9];
        IsUnknownVersion = bytes[5] != 1 || minor is < 12 or > 16;
        if (IsUnknownVersion) return Refuse($"its archive version {bytes[5]}.{minor} is not known");
        if (bytes[10] != 1) return Refuse("it is not in the custom format");
        if (IntBytes is < 4 or > 8 || OffsetBytes is < 4 or > 8) return Refuse("its header makes no sense");
        var reader = new ArchiveReader(bytes[11..], IntBytes);
        var hasCompression = TryCompression(ref reader);
        const int timeFields = 7;
        if (!hasCompression || !reader.TrySkip(timeFields * (IntBytes + 1)) || !reader.TrySkipStrings(3)) return 0;
        if (!reader.TryInt(out var count)) return 0;
        if (count < 0) return Refuse("its table of contents makes no sense");
        expectedEntries = count;
        return 11 + reader.Position;
    }

    /// <summary>A level until 1.14, a method since; 0 is none in both.</summary>
    private bool TryCompression(ref ArchiveReader reader)
    {
        var level = 0;
        byte method = 0;
        if (!(minor >= 15 ? reader.TryByte(out method) : reader.TryInt(out level))) return false;
        IsCompressed = level != 0 || method != 0;
        return true;
    }

    /// <summary>Returns the entry's length, or 0 when more bytes are needed.</summary>
    private int ReadEntry(ReadOnlySpan<byte> bytes, long at)
    {
        var reader = new ArchiveReader(bytes, IntBytes);
        if (!reader.TryInt(out var id) || !reader.TryInt(out var hasData)) return 0;
        if (!reader.TrySkipStrings(2) || !reader.TryString(out var tag) || !reader.TryString(out var kind)) return 0; // catalogue ids first
        if (!reader.TryInt(out _) || !reader.TrySkipStrings(2)) return 0; // section; definition, drop
        if (!reader.TryString(out var copy) || !reader.TryString(out var schema)) return 0;
        if (!reader.TrySkipStrings(minor >= 14 ? 2 : 1)) return 0; // tablespace, and access method since 1.14
        if (minor >= 16 && !reader.TryInt(out _)) return 0; // kind of relation
        if (!reader.TrySkipStrings(2)) return 0; // owner, "with oids"
        string? dependency;
        do
        {
            if (!reader.TryString(out dependency)) return 0;
        }
        while (dependency is not null);

        var offsetAt = at + reader.Position;
        if (!reader.TryByte(out var offsetState) || !reader.TrySkip(OffsetBytes)) return 0;
        Entries.Add(new ArchiveEntry(id, hasData != 0, tag, kind, schema, !string.IsNullOrEmpty(copy), offsetAt, offsetState == OffsetOpen));
        return reader.Position;
    }

    private int Refuse(string reason)
    {
        Damage = reason;
        return 0;
    }
}
