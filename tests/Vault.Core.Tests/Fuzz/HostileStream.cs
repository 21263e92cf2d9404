using Vault.Core.Formats;
using Vault.Testing.Fuzz;

namespace Vault.Core.Tests.Fuzz;

/// <summary>A stored file in slices of one size. Whoever goes on reading behind its end hangs, and is told so.</summary>
internal sealed class HostileStream(byte[] bytes, long offset, int slice) : ReadOnlyStream
{
    private const int MaxReadsBehindTheEnd = 1000;

    private int at = (int)Math.Min(offset, bytes.Length);
    private int readsBehindTheEnd;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var length = Math.Min(buffer.Length, Math.Min(slice, bytes.Length - at));
        if (length == 0 && ++readsBehindTheEnd > MaxReadsBehindTheEnd)
        {
            throw new FuzzException("it reads on and on behind the end");
        }

        bytes.AsMemory(at, length).CopyTo(buffer);
        at += length;
        return ValueTask.FromResult(length);
    }
}
