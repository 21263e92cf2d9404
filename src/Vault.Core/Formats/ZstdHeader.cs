using System.Buffers.Binary;

namespace Vault.Core.Formats;

/// <summary>The first bytes of a zstd frame (RFC 8878 §3.1.1), as far as they tell a frame from noise.</summary>
internal static class ZstdHeader
{
    private const int SingleSegment = 0x20;
    private const int ReservedAndDictionary = 0x0b;
    private const int MaxBlockSize = 128 << 10;
    private const int ReservedBlock = 3;
    private const int BlockHeaderSize = 3;

    /// <summary>Magic, no reserved bit, no dictionary, a window that is read, and then a block of a known type that fits it.</summary>
    public static bool IsSane(ReadOnlySpan<byte> head)
    {
        if (head.Length <= Zstd.Magic.Length || !head.StartsWith(Zstd.Magic) || (head[Zstd.Magic.Length] & ReservedAndDictionary) != 0)
        {
            return false;
        }

        var descriptor = head[Zstd.Magic.Length];
        var isSingle = (descriptor & SingleSegment) != 0;
        var sizeLength = SizeLength(descriptor >> 6, isSingle);
        var rest = head[(Zstd.Magic.Length + 1)..];
        var blockAt = (isSingle ? 0 : 1) + sizeLength;
        return rest.Length >= blockAt + BlockHeaderSize
            && (isSingle ? ContentSize(rest[..sizeLength]) : Window(rest[0])) is var window
            && window <= 1UL << Zstd.MaxWindowLog
            && IsBlock(rest.Slice(blockAt, BlockHeaderSize), Math.Min(window, MaxBlockSize));
    }

    private static int SizeLength(int flag, bool isSingle) => flag == 0 ? (isSingle ? 1 : 0) : 1 << flag;

    /// <summary>Two bytes count from 256 on.</summary>
    private static ulong ContentSize(ReadOnlySpan<byte> field) => field.Length switch
    {
        1 => field[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(field) + 256UL,
        4 => BinaryPrimitives.ReadUInt32LittleEndian(field),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(field),
    };

    private static ulong Window(byte descriptor)
    {
        var power = 1UL << (10 + (descriptor >> 3));
        return power + power / 8 * (ulong)(descriptor & 7);
    }

    private static bool IsBlock(ReadOnlySpan<byte> header, ulong maxSize)
    {
        var value = header[0] | header[1] << 8 | header[2] << 16;
        return (value >> 1 & ReservedBlock) != ReservedBlock && (ulong)(value >> 3) <= maxSize;
    }
}
