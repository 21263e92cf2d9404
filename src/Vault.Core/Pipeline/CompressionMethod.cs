using Vault.Core.Formats;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

public enum CompressionMethod { None, Gzip, Brotli, Zstd }

public static class CompressionMethods
{
    /// <summary>Those with a magic number first: what looks like one of them is no other.</summary>
    internal static IReadOnlyList<CompressionMethod> All => [CompressionMethod.Gzip, CompressionMethod.Zstd, CompressionMethod.None, CompressionMethod.Brotli];

    /// <summary>The word in metadata and tables.</summary>
    public static string ToWord(this CompressionMethod method) => method switch
    {
        CompressionMethod.Gzip => "GZIP",
        CompressionMethod.Brotli => "BROTLI",
        CompressionMethod.Zstd => "ZSTD",
        _ => "NONE",
    };

    /// <summary>Null and empty mean none (design §4).</summary>
    public static Result<CompressionMethod> Parse(string? word) => word?.ToUpperInvariant() switch
    {
        null or "" or "NONE" => CompressionMethod.None,
        "GZIP" => CompressionMethod.Gzip,
        "BROTLI" => CompressionMethod.Brotli,
        "ZSTD" => CompressionMethod.Zstd,
        _ => new Problem(
            "compression-unknown",
            "The backup names a compression that this version of Vault does not know, so it cannot be opened.",
            "Open it with the version of Vault that made it, or with a newer one."),
    };

    /// <summary>The last name of an object: <c>.gz</c>; empty for none.</summary>
    public static string ToSuffix(this CompressionMethod method) => method switch
    {
        CompressionMethod.Gzip => ".gz",
        CompressionMethod.Brotli => ".br",
        CompressionMethod.Zstd => ".zst",
        _ => "",
    };

    /// <summary>Whether each block of the dump can be read without those before it.</summary>
    internal static bool IsInBlocks(this CompressionMethod method) => method is not (CompressionMethod.None or CompressionMethod.Brotli);

    /// <summary>What a file's name says, such as <c>shop.sql.br.enc</c>; none when it says nothing.</summary>
    public static CompressionMethod OfName(string objectName)
    {
        var name = objectName.EndsWith(ObjectNames.EncryptedSuffix, StringComparison.Ordinal) ? objectName[..^ObjectNames.EncryptedSuffix.Length] : objectName;
        return All.FirstOrDefault(method => method.ToSuffix() is { Length: > 0 } suffix && name.EndsWith(suffix, StringComparison.Ordinal), CompressionMethod.None);
    }

    /// <summary>The levels that may be chosen, and the one that is proposed.</summary>
    public static (int Min, int Max, int Default) Levels(this CompressionMethod method) => method switch
    {
        CompressionMethod.Gzip => (1, 9, 6),
        CompressionMethod.Brotli => (0, 11, 4),
        CompressionMethod.Zstd => (1, 19, 3),
        _ => (0, 0, 0),
    };

    /// <exception cref="ProblemException">The method's library is not installed.</exception>
    internal static IBlockCompressor CreateCompressor(this CompressionMethod method, BlockPool pool, int level, CancellationToken stop)
    {
        method.ThrowIfMissing();
        var (min, max, _) = method.Levels();
        var bounded = Math.Clamp(level, min, max);
        return method switch
        {
            CompressionMethod.Gzip => new GzipCompressor(pool, bounded, stop),
            CompressionMethod.Brotli => new BrotliCompressor(pool, bounded, stop),
            CompressionMethod.Zstd => new ZstdCompressor(pool, bounded, stop),
            _ => new NoCompressor(),
        };
    }

    /// <summary>Owns <paramref name="compressed"/>, also when it throws.</summary>
    /// <exception cref="ProblemException">The method's library is not installed.</exception>
    internal static Stream Decompress(this CompressionMethod method, Stream compressed)
    {
        try
        {
            method.ThrowIfMissing();
            return method switch
            {
                CompressionMethod.Gzip => new DecompressStream(compressed, new GzipDecompressor()),
                CompressionMethod.Brotli => new DecompressStream(compressed, new BrotliDecompressor()),
                CompressionMethod.Zstd => new DecompressStream(compressed, new ZstdDecompressor()),
                _ => compressed,
            };
        }
        catch
        {
            compressed.Dispose();
            throw;
        }
    }

    private static void ThrowIfMissing(this CompressionMethod method)
    {
        if (method == CompressionMethod.Zstd)
        {
            Zstd.ThrowIfMissing();
        }
    }
}
