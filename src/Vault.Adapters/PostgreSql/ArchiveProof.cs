using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>The data of one entry, and where in the archive it lies.</summary>
internal sealed record ArchiveBlock(ArchiveEntry Entry, long At, long SizeBytes);

/// <summary>
/// A custom dump is whole when its table of contents and every data block that it promises are there, the last one ending
/// with the last byte (pg_backup_custom.c: block type, dump id, chunks of a length each, a zero length; large objects
/// nest such chunks under their oid, ended by a zero oid).
/// </summary>
internal sealed class ArchiveProof : IDumpProof
{
    private const byte DataBlock = 1, LargeObjectBlock = 3;
    private readonly ArchiveToc toc = new();
    private readonly List<TableRows> tables = [];
    private readonly List<ArchiveBlock> blocks = [];
    private readonly byte[] number = new byte[9];
    private readonly Dictionary<int, ArchiveEntry> awaited = [];
    private Next next = Next.Block;
    private int numberBytes;
    private long chunkLeft;
    private bool isLargeObject;
    private ArchiveEntry? current;
    private CopyRows rows;
    private string? damage;
    private bool isTocRead;
    private long position;
    private long blockAt;

    private enum Next { Block, BlockId, ObjectId, ChunkLength, Chunk }

    /// <summary>Vault's own archives are not compressed inside; in others the rows cannot be seen.</summary>
    public IReadOnlyList<TableRows> Tables => toc.IsCompressed ? [] : tables;

    public string Seen => IsUnknownVersion
        ? "The archive is of a version that this Vault does not know, so its end could not be looked for."
        : "The archive has its table of contents and every data block that this promises, and ends behind the last one.";

    public bool IsUnknownVersion => toc.IsUnknownVersion;

    public IReadOnlyList<ArchiveBlock> Blocks => blocks;

    public int OffsetBytes => toc.OffsetBytes;

    public void Observe(ReadOnlySpan<byte> bytes)
    {
        if (!isTocRead)
        {
            bytes = toc.Take(bytes);
            if (!toc.IsComplete) return;
            (isTocRead, position) = (true, toc.Position);
            foreach (var entry in toc.Entries.Where(entry => entry.HasData))
                if (!awaited.TryAdd(entry.DumpId, entry)) damage = $"its table of contents promises data {entry.DumpId} twice";
        }

        while (damage is null && !bytes.IsEmpty)
        {
            var used = Step(bytes);
            position += used;
            bytes = bytes[used..];
        }
    }

    public Problem? Conclude()
    {
        var reason = toc.Damage ?? damage
            ?? (!isTocRead ? "its table of contents was cut off" : null)
            ?? (next != Next.Block ? $"the data of {NameOf(current)} was cut off" : null)
            ?? (awaited.Count > 0 ? $"the data of {NameOf(awaited.Values.First())} is missing" : null);
        return reason is null ? null : new("dump-incomplete", $"The dump is not whole: {reason}. It is not stored.",
            "Look at the last lines of the log and at the server, then start again.");
    }

    /// <summary>Why it must not be restored. An archive of a kind that is not known here is for pg_restore to judge.</summary>
    public Problem? ConcludeRestore() => toc.Damage is null && Conclude() is not null ? new("dump-incomplete",
        "The archive in the backup is not whole: its table of contents promises data that is not in it. Nothing was restored, the target is as it was.",
        "Choose another backup, or find out which program made this one.") : null;

    private int Step(ReadOnlySpan<byte> bytes)
    {
        switch (next)
        {
            case Next.Block:
                if (bytes[0] is not (DataBlock or LargeObjectBlock)) damage = "an unknown block stands in it";
                isLargeObject = bytes[0] == LargeObjectBlock;
                blockAt = position;
                next = Next.BlockId;
                return 1;
            case Next.Chunk:
                return TakeChunk(bytes);
            default:
                return TakeNumber(bytes);
        }
    }

    private int TakeChunk(ReadOnlySpan<byte> bytes)
    {
        var used = (int)Math.Min(chunkLeft, bytes.Length);
        if (!isLargeObject) rows.Take(bytes[..used]);
        chunkLeft -= used;
        if (chunkLeft == 0) next = Next.ChunkLength;
        return used;
    }

    private int TakeNumber(ReadOnlySpan<byte> bytes)
    {
        var wanted = toc.IntBytes + 1;
        var used = Math.Min(wanted - numberBytes, bytes.Length);
        bytes[..used].CopyTo(number.AsSpan(numberBytes));
        numberBytes += used;
        if (numberBytes < wanted) return used;
        numberBytes = 0;
        TakeNumber(ArchiveReader.DecodeInt(number.AsSpan(0, wanted)));
        return used;
    }

    private void TakeNumber(int value)
    {
        switch (next)
        {
            case Next.BlockId:
                if (!awaited.Remove(value, out current)) damage = $"it holds data that its table of contents does not know (id {value})";
                rows = new CopyRows();
                next = isLargeObject ? Next.ObjectId : Next.ChunkLength;
                break;
            case Next.ObjectId:
                if (value == 0) EndBlock();
                else next = Next.ChunkLength;
                break;
            case Next.ChunkLength when value < 0:
                damage = "a block has an impossible length";
                break;
            case Next.ChunkLength when value > 0:
                chunkLeft = value;
                next = Next.Chunk;
                break;
            case Next.ChunkLength when isLargeObject:
                next = Next.ObjectId;
                break;
            default:
                EndBlock();
                break;
        }
    }

    private void EndBlock()
    {
        if (current is not null) blocks.Add(new ArchiveBlock(current, blockAt, position - blockAt));
        if (current is { Kind: "TABLE DATA", IsCopied: true }) tables.Add(new TableRows($"{current.Schema}.{current.Tag}", rows.Count));
        next = Next.Block;
    }

    private static string NameOf(ArchiveEntry? entry) => entry is null ? "a table" : $"{entry.Kind} {entry.Schema}.{entry.Tag}";
}
