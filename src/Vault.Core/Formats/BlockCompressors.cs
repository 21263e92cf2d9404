using System.Buffers;
using System.IO.Compression;

namespace Vault.Core.Formats;

/// <summary>Compresses blocks; the results, in the order of the calls, are the compressed stream.</summary>
internal interface IBlockCompressor : IAsyncDisposable
{
    /// <summary>Takes the block over and disposes it.</summary>
    Task<Block> CompressAsync(Block block);

    /// <summary>What stands behind the last block; null when nothing does.</summary>
    Task<Block?> FinishAsync();
}

internal sealed class NoCompressor : IBlockCompressor
{
    public Task<Block> CompressAsync(Block block) => Task.FromResult(block);

    public Task<Block?> FinishAsync() => Task.FromResult<Block?>(null);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A block at a high level takes seconds; between its slices a cancel is heard.</summary>
internal static class Slices
{
    private const int Size = 128 << 10;

    public static IEnumerable<ReadOnlyMemory<byte>> Of(ReadOnlyMemory<byte> whole, CancellationToken stop)
    {
        for (var at = 0; at < whole.Length; at += Size)
        {
            stop.ThrowIfCancellationRequested();
            yield return whole.Slice(at, Math.Min(Size, whole.Length - at));
        }
    }
}

/// <summary>Each block is a gzip member of its own, so every core compresses one; members in a row are a gzip file (RFC 1952 §2.2).</summary>
internal sealed class GzipCompressor(BlockPool pool, int level, CancellationToken stop) : IBlockCompressor
{
    // .NET writes nothing at all for no input, which no reader takes for gzip.
    private static ReadOnlySpan<byte> EmptyMember => [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private bool hasMember;

    public Task<Block> CompressAsync(Block block)
    {
        hasMember = true;
        return Task.Run(() => Compress(block));
    }

    public Task<Block?> FinishAsync() => Task.FromResult(hasMember ? null : Empty());

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Block Compress(Block block)
    {
        using (block)
        {
            var member = pool.Rent();
            using var output = new MemoryStream(member.Buffer, writable: true);
            using (var gzip = new GZipStream(output, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true))
            {
                foreach (var slice in Slices.Of(block.Filled, stop)) gzip.Write(slice.Span);
            }

            member.Length = (int)output.Position;
            return member;
        }
    }

    private Block Empty()
    {
        var member = pool.Rent();
        EmptyMember.CopyTo(member.Buffer);
        member.Length = EmptyMember.Length;
        return member;
    }
}

/// <summary>One brotli stream: each block waits for the one before it. Flushed after each block, so that output is never larger than a block.</summary>
internal sealed class BrotliCompressor(BlockPool pool, int quality, CancellationToken stop) : IBlockCompressor
{
    private const int WindowBits = 22;

    private BrotliEncoder encoder = new(quality, WindowBits);
    private Task previous = Task.CompletedTask;

    public Task<Block> CompressAsync(Block block)
    {
        var compressed = AfterAsync(previous, block);
        previous = compressed;
        return compressed;
    }

    public async Task<Block?> FinishAsync()
    {
        await previous;
        var end = pool.Rent();
        var status = encoder.Compress([], end.Buffer, out _, out var written, isFinalBlock: true);
        end.Length = written;
        return status == OperationStatus.Done ? end : throw new InvalidOperationException("Brotli did not end its stream.");
    }

    /// <summary>Waits for the block that is being compressed: the encoder's memory is native.</summary>
    public async ValueTask DisposeAsync()
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        encoder.Dispose();
    }

    private async Task<Block> AfterAsync(Task before, Block block)
    {
        using (block)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return Compress(block.Filled);
        }
    }

    private Block Compress(ReadOnlyMemory<byte> source)
    {
        var output = pool.Rent();
        var consumed = 0;
        foreach (var slice in Slices.Of(source, stop))
        {
            _ = encoder.Compress(slice.Span, output.Buffer.AsSpan(output.Length), out var taken, out var written, isFinalBlock: false);
            (consumed, output.Length) = (consumed + taken, output.Length + written);
        }

        var status = encoder.Flush(output.Buffer.AsSpan(output.Length), out var flushed);
        output.Length += flushed;
        return consumed == source.Length && status == OperationStatus.Done
            ? output
            : throw new InvalidOperationException("Brotli output outgrew its block.");
    }
}
