namespace Vault.Adapters.Stores.Local;

/// <summary>A file being written whose errors are sentences: the one place where a full disk shows.</summary>
internal sealed class LocalWriteStream(string path, string root) : Stream
{
    private readonly FileStream file = new(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        Share = FileShare.Delete,
        BufferSize = 128 * 1024,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    private bool isClosed;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => file.Length;
    public override long Position { get => file.Position; set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            file.Write(buffer);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LocalProblems.Translate(error, root);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await TranslateAsync(() => file.WriteAsync(buffer, cancellationToken).AsTask());

    public override void Flush() => TranslateAsync(() => file.FlushAsync()).GetAwaiter().GetResult();

    public override Task FlushAsync(CancellationToken cancellationToken) => TranslateAsync(() => file.FlushAsync(cancellationToken));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    public async Task SyncAndCloseAsync()
    {
        await TranslateAsync(() => Task.Run(() => file.Flush(flushToDisk: true)));
        await TranslateAsync(() => file.DisposeAsync().AsTask());
        isClosed = true;
    }

    /// <summary>For a file that is about to be deleted: what could not be written no longer matters.</summary>
    public async Task CloseAsync()
    {
        if (isClosed) return;
        isClosed = true;
        try
        {
            await file.DisposeAsync();
        }
        catch (IOException)
        {
            await file.DisposeAsync();
        }
    }

    private async Task TranslateAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LocalProblems.Translate(error, root);
        }
    }
}
