using Vault.Core.Formats;

namespace Vault.Core.Pipeline;

/// <summary>What a method and level gave on this machine with all its cores.</summary>
/// <param name="Ratio">Size before, over size after.</param>
public sealed record CompressionSpeed(CompressionMethod Method, int Level, double BytesPerSecond, double Ratio);

/// <summary>Compresses a sample again and again, as a backup would, and looks at the clock.</summary>
public static class CompressionTrial
{
    /// <summary>The last levels whose block takes well under a second; a slower one is tried on a quarter of it.</summary>
    private const int LastQuickZstd = 12;
    private const int LastQuickBrotli = 6;

    /// <param name="sample">At least one block; longer than brotli's window of 4 MiB, or brotli finds each round in the one before it.</param>
    /// <param name="leastTime">No block is begun after it.</param>
    /// <exception cref="ProblemException">The method's library is not installed.</exception>
    public static async Task<CompressionSpeed> RunAsync(CompressionMethod method, int level, ReadOnlyMemory<byte> sample, TimeSpan leastTime, TimeProvider clock, CancellationToken cancel)
    {
        var pool = new BlockPool();
        await using var compressor = method.CreateCompressor(pool, level, cancel);
        var running = new Queue<Task<Block>>();
        var (size, at, read, written) = (PieceOf(method, level), 0, 0L, 0L);
        var start = clock.GetTimestamp();
        while (true)
        {
            while (running.Count < Environment.ProcessorCount && (read == 0 || clock.GetElapsedTime(start) < leastTime))
            {
                var piece = sample.Slice(at, Math.Min(size, sample.Length - at));
                at = (at + piece.Length) % sample.Length;
                read += piece.Length;
                running.Enqueue(compressor.CompressAsync(Copy(pool, piece)));
            }

            if (running.Count == 0)
            {
                return new CompressionSpeed(method, level, read / clock.GetElapsedTime(start).TotalSeconds, (double)read / written);
            }

            using var block = await running.Dequeue();
            written += block.Length;
            cancel.ThrowIfCancellationRequested();
        }
    }

    private static int PieceOf(CompressionMethod method, int level) => method switch
    {
        CompressionMethod.Zstd when level > LastQuickZstd => BlockPool.BlockSize / 4,
        CompressionMethod.Brotli when level > LastQuickBrotli => BlockPool.BlockSize / 4,
        _ => BlockPool.BlockSize,
    };

    private static Block Copy(BlockPool pool, ReadOnlyMemory<byte> piece)
    {
        var block = pool.Rent();
        piece.CopyTo(block.Buffer);
        block.Length = piece.Length;
        return block;
    }
}
