namespace Vault.Adapters.Sqlite;

/// <summary>The pages of a snapshot, in order, as one file.</summary>
internal sealed class SqliteSnapshotStream(SqliteSnapshot snapshot) : Stream
{
    private const int BlockBytes = 1024 * 1024;
    private readonly byte[] block = new byte[Math.Max(BlockBytes, snapshot.PageBytes)];
    private long nextPage;
    private int start;
    private int end;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => snapshot.SizeBytes;
    public override long Position { get => (nextPage * snapshot.PageBytes) - (end - start); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (start == end) await Task.Run(Fill, cancellationToken);
        return Take(buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (start == end) Fill();
        return Take(buffer.AsSpan(offset, count));
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Fill()
    {
        var pages = (int)Math.Min(block.Length / snapshot.PageBytes, snapshot.PageCount - nextPage);
        (start, end) = (0, pages * snapshot.PageBytes);
        if (pages == 0) return;
        snapshot.Read(nextPage, block.AsSpan(0, end));
        nextPage += pages;
    }

    private int Take(Span<byte> target)
    {
        var count = Math.Min(target.Length, end - start);
        block.AsSpan(start, count).CopyTo(target);
        start += count;
        return count;
    }
}
