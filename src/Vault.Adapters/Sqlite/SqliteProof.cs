using System.Buffers.Binary;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.Sqlite;

/// <summary>A SQLite file is whole when it has its header and as many pages as that says (sqlite.org/fileformat2.html#the_database_header).</summary>
internal sealed class SqliteProof(IReadOnlyList<TableRows> tables) : IDumpProof
{
    private const int HeaderBytes = 100;
    private readonly byte[] header = new byte[HeaderBytes];
    private long seenBytes;

    public IReadOnlyList<TableRows> Tables { get; } = tables;

    public string Seen => "The file has its SQLite header and as many pages as that says; what is in the pages is looked at by a restore only.";

    public void Observe(ReadOnlySpan<byte> bytes)
    {
        if (seenBytes < HeaderBytes)
            bytes[..(int)Math.Min(bytes.Length, HeaderBytes - seenBytes)].CopyTo(header.AsSpan((int)seenBytes));
        seenBytes += bytes.Length;
    }

    public Problem? Conclude()
    {
        if (seenBytes < HeaderBytes || !header.AsSpan().StartsWith("SQLite format 3\0"u8)) return Broken("it has no SQLite header");
        var field = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(16));
        var pageBytes = field == 1 ? 65536 : field;
        if (pageBytes < 512 || seenBytes % pageBytes != 0) return Broken("it ends within a page");
        // A program older than SQLite 3.7 does not keep the count; the numbers at 24 and 92 differ then.
        var isCounted = header.AsSpan(24, 4).SequenceEqual(header.AsSpan(92, 4));
        var pages = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(28));
        return isCounted && pages != seenBytes / pageBytes ? Broken($"it has {seenBytes / pageBytes} pages and says {pages}") : null;
    }

    private static Problem Broken(string reason) => new("dump-incomplete", $"The dump is not whole: {reason}. It is not stored.",
        "Check the database file and its disk, then start again.");
}
