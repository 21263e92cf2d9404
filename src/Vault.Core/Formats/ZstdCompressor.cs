using System.Collections.Concurrent;

namespace Vault.Core.Formats;

/// <summary>Each block is a zstd frame of its own, with its size and checksum, so every core compresses one; frames in a row are a zstd file (RFC 8878 §3).</summary>
internal sealed class ZstdCompressor(BlockPool pool, int level, CancellationToken stop) : IBlockCompressor
{
    /// <summary>Up to here a block takes less than 150 ms, and in one piece it is an eighth faster than in slices, which are copied.</summary>
    private const int LastQuickLevel = 9;

    private readonly ZstdContexts contexts = new(level);
    private bool hasFrame;

    public Task<Block> CompressAsync(Block block)
    {
        hasFrame = true;
        return CompressInTurnAsync(block);
    }

    public async Task<Block?> FinishAsync() => hasFrame ? null : await CompressInTurnAsync(pool.Rent());

    public ValueTask DisposeAsync()
    {
        contexts.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<Block> CompressInTurnAsync(Block block)
    {
        using (block)
        {
            var context = await contexts.RentAsync(stop);
            try
            {
                return await Task.Run(() => Compress(context, block.Filled), stop);
            }
            finally
            {
                contexts.Return(context);
            }
        }
    }

    private Block Compress(ZstdCompressContext context, ReadOnlyMemory<byte> source)
    {
        var frame = pool.Rent();
        try
        {
            Zstd.Begin(context, source.Length);
            if (level > LastQuickLevel)
            {
                foreach (var slice in Slices.Of(source, stop)) Write(context, slice.Span, frame, Zstd.Continue);
                source = default;
            }

            Write(context, source.Span, frame, Zstd.End);
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    private static unsafe void Write(ZstdCompressContext context, ReadOnlySpan<byte> slice, Block frame, int directive)
    {
        fixed (byte* from = slice)
        fixed (byte* to = frame.Buffer)
        {
            var input = new ZstdBuffer { Bytes = (nint)from, Size = (nuint)slice.Length };
            var output = new ZstdBuffer { Bytes = (nint)to, Size = (nuint)frame.Buffer.Length, Position = (nuint)frame.Length };
            var left = Zstd.Checked(Zstd.Compress(context, ref output, ref input, directive));
            frame.Length = (int)output.Position;
            if (input.Position < input.Size || (directive == Zstd.End && left > 0))
            {
                throw new InvalidOperationException("Zstd output outgrew its block.");
            }
        }
    }
}

/// <summary>At most one context for each core: at the high levels each holds tens of MB, and more of them would not be faster.</summary>
internal sealed class ZstdContexts(int level) : IDisposable
{
    private readonly SemaphoreSlim cores = new(Environment.ProcessorCount);
    private readonly ConcurrentBag<ZstdCompressContext> free = [];
    private volatile bool isOver;

    public async Task<ZstdCompressContext> RentAsync(CancellationToken stop)
    {
        await cores.WaitAsync(stop);
        return free.TryTake(out var context) ? context : Zstd.CreateCompressContext(level);
    }

    public void Return(ZstdCompressContext context)
    {
        free.Add(context);
        _ = cores.Release();
        if (isOver) FreeAll();
    }

    /// <summary>What is in use is freed when it comes back.</summary>
    public void Dispose()
    {
        isOver = true;
        FreeAll();
    }

    private void FreeAll()
    {
        while (free.TryTake(out var context)) context.Dispose();
    }
}
