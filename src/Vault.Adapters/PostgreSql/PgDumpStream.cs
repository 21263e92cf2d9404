using Vault.Adapters.Processes;

namespace Vault.Adapters.PostgreSql;

/// <summary>pg_dump's stdout. Its end is given out only when the tool ended well; else reading throws the reason.</summary>
internal sealed class PgDumpStream(ToolProcess tool, Func<Task> complete) : Stream
{
    /// <summary>A slow dump's bytes are given out after this, so that its progress shows.</summary>
    private const int LongestMilliseconds = 200;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        // A read from a pipe may not heed the token; the death of the tool ends it for certain.
        await using var onCancel = cancellationToken.Register(tool.Kill);
        var read = await Task.Run(() => Gather(buffer.Span), CancellationToken.None);
        if (read > 0) return read;
        cancellationToken.ThrowIfCancellationRequested();
        await complete();
        return 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// pg_dump writes 4 KiB at a time, and a read of the pipe gives what is there. An asynchronous read for each would wake a thread
    /// 40,000 times for 600 MB: measured, an eighth of a backup's time.
    /// </summary>
    private int Gather(Span<byte> buffer)
    {
        var (filled, begun) = (0, Environment.TickCount64);
        int read;
        do
        {
            read = tool.Output.Read(buffer[filled..]);
            filled += read;
        }
        while (read > 0 && filled < buffer.Length && Environment.TickCount64 - begun < LongestMilliseconds);
        return filled;
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
