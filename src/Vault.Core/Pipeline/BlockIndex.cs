using System.Security.Cryptography;
using Vault.Core.Formats;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>Finds the block of a <c>sealed</c> file that holds a byte of the dump (docs/format.md §4).</summary>
internal static class BlockIndex
{
    /// <summary>A dump of 4 TB; longer ones are read from their start.</summary>
    private const int MaxBlocks = 1_000_000;

    /// <summary>Null: no range can be found by an index (not sealed, one stream, or nothing was compressed).</summary>
    public static IndexMetadata? Make(CompressionMethod compression, DumpedFacts dumped, SealedWriter? writer) =>
        writer is null || dumped.BlockSizes.Count > MaxBlocks || !compression.IsInBlocks() ? null : new IndexMetadata
        {
            BlockSizeBytes = BlockPool.BlockSize,
            CompressedSizes = dumped.BlockSizes,
            Mac = writer.MacOfIndex(BlockPool.BlockSize, dumped.SizeBytes, dumped.BlockSizes),
        };

    /// <summary>The start of the block that holds byte <paramref name="dumpOffset"/>: in the dump, and in what was compressed. The first one when there is no index to believe.</summary>
    public static (long DumpOffset, long CompressedOffset) Find(BackupMetadata metadata, SealedKeys keys, long dumpOffset)
    {
        if (metadata.Compression == CompressionMethod.None)
        {
            return (dumpOffset, dumpOffset);
        }

        if (metadata.Index is not { } index || !IsRight(index, metadata.Sizes?.Dump, keys))
        {
            return (0, 0);
        }

        var block = (int)Math.Min(dumpOffset / index.BlockSizeBytes, index.CompressedSizes.Count);
        return (block * index.BlockSizeBytes, index.CompressedSizes.Take(block).Sum(size => (long)size));
    }

    private static bool IsRight(IndexMetadata index, long? dumpSizeBytes, SealedKeys keys) =>
        index is { Mac: { Length: 64 } mac, BlockSizeBytes: > 0 } && mac.All(char.IsAsciiHexDigit) && dumpSizeBytes is { } size
        && CryptographicOperations.FixedTimeEquals(keys.MacOfIndex(index.BlockSizeBytes, size, index.CompressedSizes), Convert.FromHexString(mac));
}
