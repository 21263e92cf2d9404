using System.Buffers;
using System.IO.Compression;
using System.Text;
using Vault.Core.Formats;

namespace Vault.Core.Pipeline;

/// <summary>Smart Recovery's look at the first KiB: does it look like what a right key gives? A cheap sieve; the tag decides.</summary>
internal static class DumpPrefix
{
    /// <summary>S2 §5.3.</summary>
    public const int Size = 1024;

    /// <summary>How much of a file is decrypted for the look.</summary>
    public const int ReadSize = 64 << 10;

    private const double PrintableShare = 0.85;

    public static bool LooksRight(ReadOnlySpan<byte> head, CompressionMethod compression) => compression switch
    {
        _ when head.IsEmpty => true,
        CompressionMethod.Gzip => IsGzip(head),
        CompressionMethod.Zstd => ZstdHeader.IsSane(head),
        CompressionMethod.Brotli => IsBrotli(head[..Math.Min(head.Length, Size)], head),
        _ => IsDump(head[..Math.Min(head.Length, Size)]),
    };

    /// <summary>What authentic bytes were compressed with: what the metadata says when that can be, else what they look like.</summary>
    public static CompressionMethod CompressionOf(ReadOnlySpan<byte> head, CompressionMethod said)
    {
        if (head.IsEmpty || (said != CompressionMethod.None && LooksRight(head, said)))
        {
            return head.IsEmpty ? CompressionMethod.None : said;
        }

        foreach (var method in CompressionMethods.All)
        {
            if (LooksRight(head, method))
            {
                return method;
            }
        }

        return said;
    }

    /// <summary>The dump format that the first bytes show; null when they show none.</summary>
    public static string? FormatOf(ReadOnlySpan<byte> head) => head switch
    {
        _ when head.StartsWith("PGDMP"u8) => "custom",
        _ when head.StartsWith("SQLite format 3\0"u8) => "sqlite",
        _ when head.StartsWith("REDIS"u8) => "rdb",
        _ when head.StartsWith("PK\u0003\u0004"u8) => "zip",
        _ when head.Length >= 262 && head.Slice(257, 5).SequenceEqual("ustar"u8) => "tar",
        _ when IsText(head) => "plain",
        _ => null,
    };

    /// <summary>RFC 1952 §2.3: magic, deflate, no reserved flag, a known extra-flags byte and system.</summary>
    private static bool IsGzip(ReadOnlySpan<byte> head) =>
        head is [0x1f, 0x8b, 8, var flags, _, _, _, _, 0 or 2 or 4, <= 13 or 255, ..] && (flags & 0xe0) == 0;

    /// <summary>
    /// Brotli has no magic: the head is decompressed, and what comes out must look like a dump. Its tables may fill the
    /// first KiB; then, and only then, more of the head is read, which no encoder's tables fill.
    /// </summary>
    private static bool IsBrotli(ReadOnlySpan<byte> head, ReadOnlySpan<byte> more)
    {
        using var decoder = new BrotliDecoder();
        var output = new byte[Size];
        var status = decoder.Decompress(head, output, out var consumed, out var written);
        return status switch
        {
            OperationStatus.InvalidData => false,
            OperationStatus.Done when consumed < head.Length => false,
            _ when written > 0 => IsDump(output.AsSpan(0, written)),
            OperationStatus.Done => true,
            _ => more.Length > head.Length && IsBrotli(more, more),
        };
    }

    private static bool IsDump(ReadOnlySpan<byte> head) => FormatOf(head) is not null;

    private static bool IsText(ReadOnlySpan<byte> head)
    {
        var (printable, total) = (0, head.Length);
        while (!head.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(head, out var rune, out var length);
            var isText = status == OperationStatus.NeedMoreData || (status == OperationStatus.Done && (!Rune.IsControl(rune) || rune.Value is '\t' or '\n' or '\r' or '\f'));
            printable += isText ? length : 0;
            head = head[length..];
        }

        return printable >= total * PrintableShare;
    }
}
