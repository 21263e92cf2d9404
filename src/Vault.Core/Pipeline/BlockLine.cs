using System.Threading.Channels;
using Vault.Core.Formats;

namespace Vault.Core.Pipeline;

/// <summary>
/// The stages between dump and store, overlapped: one reads, several compress, one encrypts and writes, in order. The
/// bounded line between them is the back-pressure: a slow store slows the dump.
/// </summary>
internal sealed class BlockLine(DumpTap dump, IBlockCompressor compressor, StoreTap store)
{
    /// <summary>Blocks in flight; more cores than this would only hold more memory.</summary>
    private static readonly int Capacity = Math.Clamp(Environment.ProcessorCount, 2, 6);

    private readonly Channel<Task<Block>> line = Channel.CreateBounded<Task<Block>>(new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    /// <exception cref="Exception">The first cause: the stage that failed first stopped the other one through <paramref name="stop"/>.</exception>
    public async Task RunAsync(CancellationTokenSource stop)
    {
        var reading = Task.Run(() => ReadAsync(stop.Token), CancellationToken.None);
        var writing = Task.Run(() => WriteAsync(stop.Token), CancellationToken.None);
        var first = await Task.WhenAny(reading, writing);
        if (!first.IsCompletedSuccessfully)
        {
            await stop.CancelAsync();
        }

        await Task.WhenAny(Task.WhenAll(reading, writing));
        await first;
        await Task.WhenAll(reading, writing);
    }

    private async Task ReadAsync(CancellationToken stop)
    {
        while (await dump.NextAsync(stop) is { } block)
        {
            await line.Writer.WriteAsync(compressor.CompressAsync(block), stop);
        }

        line.Writer.Complete();
    }

    private async Task WriteAsync(CancellationToken stop)
    {
        await foreach (var compressed in line.Reader.ReadAllAsync(stop))
        {
            using var block = await compressed;
            await store.WriteAsync(block, stop);
        }

        if (await compressor.FinishAsync() is { } end)
        {
            using (end)
            {
                await store.WriteAsync(end, stop);
            }
        }
    }
}
