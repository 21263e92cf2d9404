using Vault.Core.Formats;

namespace Vault.Core.Tests.Formats;

/// <summary>Gives its bytes in pieces of the given sizes, in turn.</summary>
internal sealed class SlicedStream(byte[] bytes, int[] slices) : ReadOnlyStream
{
    private int at;
    private int turn;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var length = Math.Min(buffer.Length, Math.Min(slices[turn++ % slices.Length], bytes.Length - at));
        bytes.AsMemory(at, length).CopyTo(buffer);
        at += length;
        return ValueTask.FromResult(length);
    }
}
