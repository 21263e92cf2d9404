namespace Vault.Core.Formats;

/// <summary><paramref name="lengthBytes"/> bytes of a stream, behind <paramref name="skippedBytes"/> that are read and not shown.</summary>
internal sealed class PartStream(Stream inner, long skippedBytes, long lengthBytes) : ReadOnlyStream
{
    private long toSkip = skippedBytes;
    private long toShow = lengthBytes;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || toShow == 0)
        {
            return 0;
        }

        var scratch = toSkip > 0 ? new byte[1 << 16] : [];
        while (toSkip > 0 && await inner.ReadAsync(scratch.AsMemory(0, (int)Math.Min(scratch.Length, toSkip)), cancellationToken) is > 0 and var skipped)
        {
            toSkip -= skipped;
        }

        var read = toSkip > 0 ? 0 : await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, toShow)], cancellationToken);
        toShow -= read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
