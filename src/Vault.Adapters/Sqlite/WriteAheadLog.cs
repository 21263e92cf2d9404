using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Vault.Adapters.Sqlite;

/// <summary>
/// Which pages stand in the write-ahead log, up to its last commit (sqlite.org/fileformat2.html#walformat). Only offsets
/// are kept; a frame counts when salts and running checksum fit.
/// </summary>
internal sealed class WriteAheadLog(SqliteFile file, int pageBytes)
{
    private const int HeaderBytes = 32, FrameHeaderBytes = 24;
    private const uint Magic = 0x377f0682; // the lowest bit says whether checksums read words big-endian
    private readonly byte[] header = new byte[HeaderBytes];
    private readonly byte[] frame = new byte[FrameHeaderBytes + pageBytes];
    private readonly Dictionary<uint, Frame> pending = [];
    private Dictionary<uint, Frame> pages = [];
    private (uint, uint) checksum;
    private long nextFrame;
    private bool isValid;

    private readonly record struct Frame(long Offset, ulong Checksum);

    public bool HasCommit => CommittedFrames > 0;

    public long CommittedFrames { get; private set; }

    /// <summary>Size of the database after the last commit, in pages.</summary>
    public uint PageCount { get; private set; }

    public IEnumerable<uint> Pages => pages.Keys;

    /// <summary>Two equal marks around an instant: the log did not change in between.</summary>
    public (ulong Salts, long Frames) Mark => (isValid ? BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(16)) : 0, CommittedFrames);

    /// <summary>Reads on to the last commit there is at the call. No further: a fast writer would be chased for ever.</summary>
    public void Advance()
    {
        do
        {
            if (!IsSameLog()) Restart();
            var endBytes = file.SizeBytes();
            while (isValid && OffsetOf(nextFrame) < endBytes && TryNextFrame()) { }
        }
        while (!IsSameLog()); // a log that was begun anew meanwhile is read anew: its header is written before its frames
    }

    public bool Holds(uint page) => pages.ContainsKey(page);

    /// <summary>
    /// False: the log was begun anew, which SQLite does only when all of it has been moved into the database file and no
    /// reader needs it; the file holds this page then, and stays as it is while our read lock stands.
    /// </summary>
    public bool TryReadPage(uint page, Span<byte> target)
    {
        var at = pages[page];
        if (file.TryRead(frame, at.Offset) && IsFrame(page, at))
        {
            frame.AsSpan(FrameHeaderBytes).CopyTo(target);
            return true;
        }

        return IsSameLog() ? throw new IOException("A page of the write-ahead log changed under a reader.") : false;
    }

    private bool IsFrame(uint page, Frame at) =>
        BinaryPrimitives.ReadUInt32BigEndian(frame) == page
        && frame.AsSpan(8, 8).SequenceEqual(header.AsSpan(16, 8))
        && BinaryPrimitives.ReadUInt64BigEndian(frame.AsSpan(16)) == at.Checksum;

    private bool IsSameLog()
    {
        Span<byte> now = stackalloc byte[HeaderBytes];
        return file.TryRead(now, 0) ? isValid && now.SequenceEqual(header) : !isValid;
    }

    private void Restart()
    {
        pages = [];
        pending.Clear();
        (nextFrame, CommittedFrames, PageCount, isValid) = (0, 0, 0, false);
        if (!file.TryRead(header, 0)) return;
        var magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        if ((magic & ~1u) != Magic || BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)) != pageBytes) return;
        checksum = Sum(header.AsSpan(0, 24), (0, 0));
        isValid = checksum == ReadSum(header.AsSpan(24));
    }

    private bool TryNextFrame()
    {
        var offset = OffsetOf(nextFrame);
        if (!file.TryRead(frame, offset) || !frame.AsSpan(8, 8).SequenceEqual(header.AsSpan(16, 8))) return false;
        var sum = Sum(frame.AsSpan(FrameHeaderBytes), Sum(frame.AsSpan(0, 8), checksum));
        if (sum != ReadSum(frame.AsSpan(16))) return false;
        checksum = sum;
        nextFrame++;
        pending[BinaryPrimitives.ReadUInt32BigEndian(frame)] = new Frame(offset, BinaryPrimitives.ReadUInt64BigEndian(frame.AsSpan(16)));
        var pageCount = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(4));
        if (pageCount > 0) Commit(pageCount);
        return true;
    }

    private long OffsetOf(long frameNumber) => HeaderBytes + (frameNumber * frame.Length);

    private void Commit(uint pageCount)
    {
        foreach (var (page, at) in pending) pages[page] = at;
        pending.Clear();
        (PageCount, CommittedFrames) = (pageCount, nextFrame);
    }

    private static (uint, uint) ReadSum(ReadOnlySpan<byte> bytes) =>
        (BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]));

    private (uint, uint) Sum(ReadOnlySpan<byte> bytes, (uint, uint) from)
    {
        var words = MemoryMarshal.Cast<byte, uint>(bytes);
        var isSwapped = (header[3] & 1) == 1 == BitConverter.IsLittleEndian;
        var (a, b) = from;
        for (var i = 0; i + 1 < words.Length; i += 2)
        {
            a += (isSwapped ? BinaryPrimitives.ReverseEndianness(words[i]) : words[i]) + b;
            b += (isSwapped ? BinaryPrimitives.ReverseEndianness(words[i + 1]) : words[i + 1]) + a;
        }

        return (a, b);
    }
}
