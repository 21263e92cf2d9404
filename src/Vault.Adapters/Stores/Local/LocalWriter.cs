using System.Collections.Concurrent;
using Vault.Adapters.Disk;
using Vault.Core;
using Vault.Core.Stores;

namespace Vault.Adapters.Stores.Local;

/// <summary>Order that survives a crash: content synced, then named, then the name synced.</summary>
internal sealed class LocalWriter : IObjectWriter
{
    private readonly string path;
    private readonly string partial;
    private readonly string root;
    private readonly ConcurrentDictionary<string, bool> openPartials;
    private readonly LocalWriteStream stream;
    private bool isCommitted;

    private LocalWriter(string name, string path, string root, ConcurrentDictionary<string, bool> openPartials)
    {
        (Name, this.path, this.root, this.openPartials) = (name, path, root, openPartials);
        partial = path + LocalStore.PartialSuffix;
        stream = new LocalWriteStream(partial, root);
    }

    public string Name { get; }

    public Stream Content => stream;

    public static LocalWriter Begin(string name, string path, string root, ConcurrentDictionary<string, bool> openPartials)
    {
        var partial = path + LocalStore.PartialSuffix;
        if (!openPartials.TryAdd(partial, true)) throw new ProblemException(LocalProblems.Taken(name));
        try
        {
            return new LocalWriter(name, path, root, openPartials);
        }
        catch
        {
            openPartials.TryRemove(partial, out _);
            throw;
        }
    }

    public async Task CommitAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        await stream.SyncAndCloseAsync();
        var errno = Native.RenameWithoutOverwriting(partial, path);
        if (errno == Native.Exists) throw new ProblemException(LocalProblems.Taken(Name));
        if (errno != 0) throw new ProblemException(LocalProblems.FromErrno(errno, null, root));
        isCommitted = true;
        openPartials.TryRemove(partial, out _);
        try
        {
            Native.SyncFolder(Path.GetDirectoryName(path)!);
        }
        catch (IOException error)
        {
            throw LocalProblems.Translate(error, root);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.CloseAsync();
        if (isCommitted) return;
        try
        {
            File.Delete(partial);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to tell; the next RemoveAbandonedAsync takes the rest away.
        }

        openPartials.TryRemove(partial, out _);
    }
}
