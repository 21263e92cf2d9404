using Microsoft.Win32.SafeHandles;

namespace Vault.Adapters.Disk;

/// <summary>
/// A file on a disk that no folder lists: only its owner can open it, through this process, and it is gone with whoever holds it
/// open, also when all of them are killed.
/// </summary>
internal sealed class UnnamedFile : IDisposable
{
    private const UnixFileMode OwnersFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly SafeFileHandle handle;

    private UnnamedFile(SafeFileHandle handle) => this.handle = handle;

    /// <summary>Opened by name, it is a file of its own to whoever opens it: several may read it at several places.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{handle.DangerousGetHandle()}";

    public long SizeBytes { get; private set; }

    /// <exception cref="IOException">The folder cannot hold such a file.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    /// <param name="hasUnnamed">Whether the file system may know them of itself.</param>
    public static UnnamedFile Create(string folder, bool hasUnnamed = true)
    {
        Directory.CreateDirectory(folder, OwnersFolder);
        var file = new UnnamedFile((hasUnnamed ? Native.CreateUnnamed(folder) : null) ?? CreateAndForget(folder));
        try
        {
            file.RefuseNamed();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        await RandomAccess.WriteAsync(handle, bytes, SizeBytes, cancel);
        SizeBytes += bytes.Length;
    }

    public ValueTask OverwriteAsync(long at, ReadOnlyMemory<byte> bytes) => RandomAccess.WriteAsync(handle, bytes, at);

    public void Dispose() => handle.Dispose();

    /// <summary>For file systems without O_TMPFILE. Killed between the two lines it leaves an empty file.</summary>
    private static SafeFileHandle CreateAndForget(string folder)
    {
        var path = System.IO.Path.Combine(folder, $"spool-{Guid.NewGuid():N}");
        var handle = Native.CreateOwned(path);
        File.Delete(path);
        return handle;
    }

    /// <summary>Some network file systems only hide what is deleted while it is open, under a name that stays when the machine dies.</summary>
    private void RefuseNamed()
    {
        if (new FileInfo(Path).LinkTarget?.EndsWith(" (deleted)", StringComparison.Ordinal) != true)
            throw new IOException("its file system keeps a name for every open file");
        using var again = File.OpenRead(Path);
    }
}
