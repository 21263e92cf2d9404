using System.Collections.Concurrent;

namespace Vault.Core.Formats;

/// <summary>Buffers of one size, kept for one run: the shared pool would keep them, and what is in them, for the process's life.</summary>
internal sealed class BlockPool
{
    /// <summary>What is compressed by itself: docs/decisions/0014-blocks-of-two-mebibytes.md.</summary>
    public const int BlockSize = 2 << 20;

    /// <summary>Room for data that does not shrink: deflate needs at most an eighth more at its fastest level.</summary>
    public const int Capacity = BlockSize + BlockSize / 8 + (64 << 10);

    private readonly ConcurrentBag<byte[]> free = [];

    public Block Rent() => new(this, free.TryTake(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(Capacity));

    public void Return(byte[] buffer) => free.Add(buffer);
}

/// <summary>A rented buffer with its filled length.</summary>
internal sealed class Block(BlockPool pool, byte[] buffer) : IDisposable
{
    private byte[]? buffer = buffer;

    public int Length { get; set; }

    public byte[] Buffer => buffer ?? throw new ObjectDisposedException(nameof(Block));

    public Memory<byte> Filled => Buffer.AsMemory(0, Length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref buffer, null) is { } returned)
        {
            pool.Return(returned);
        }
    }
}
