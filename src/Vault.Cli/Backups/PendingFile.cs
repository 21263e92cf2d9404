using System.Security.Cryptography;
using Vault.Adapters.Disk;
using Vault.Core;

namespace Vault.Cli.Backups;

/// <summary>A file that has a name of its own until it is whole and on disk; what was not kept is gone.</summary>
internal sealed class PendingFile : IDisposable
{
    private const int NoSpace = 28, QuotaExceeded = 122;
    private readonly string path;
    private readonly bool mayOverwrite;
    private readonly string pendingPath;
    private readonly FileStream file;
    private bool isKept;

    private PendingFile(string path, bool mayOverwrite, string pendingPath, FileStream file) =>
        (this.path, this.mayOverwrite, this.pendingPath, this.file) = (path, mayOverwrite, pendingPath, file);

    public Stream Content => file;

    /// <exception cref="ProblemException">It exists, or cannot be written.</exception>
    public static PendingFile Create(string path, bool mayOverwrite)
    {
        path = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(path) ?? throw new ProblemException(IsAFolder(path));
        if (Directory.Exists(path)) throw new ProblemException(IsAFolder(path));
        if (!Directory.Exists(folder)) throw new ProblemException("out-folder-missing", $"There is no folder {folder}, so nothing was written.", "Create it, or choose another file.");
        if (!mayOverwrite && Path.Exists(path)) throw new ProblemException(Taken(path));
        var pending = Path.Combine(folder, $".vaultctl-{RandomNumberGenerator.GetHexString(12, lowercase: true)}.partial");
        return Translate(path, () => new PendingFile(path, mayOverwrite, pending, new FileStream(pending, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        })));
    }

    /// <summary>Durable, then visible under its name.</summary>
    public void Keep() => Translate(path, () =>
    {
        file.Flush(flushToDisk: true);
        file.Dispose();
        if (mayOverwrite) File.Move(pendingPath, path, overwrite: true);
        else if (Native.RenameWithoutOverwriting(pendingPath, path) is var errno and not 0)
            throw errno == Native.Exists ? new ProblemException(Taken(path)) : new IOException($"it could not be renamed (error {errno})", errno);
        isKept = true;
        Native.SyncFolder(Path.GetDirectoryName(path)!);
        return true;
    });

    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel) => Translate(path, async () => await file.WriteAsync(bytes, cancel));

    public void Dispose()
    {
        file.Dispose();
        if (!isKept) File.Delete(pendingPath);
    }

    private static async Task Translate(string path, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(Failed(path, error), error);
        }
    }

    private static T Translate<T>(string path, Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(Failed(path, error), error);
        }
    }

    private static Problem Failed(string path, Exception error) => error switch
    {
        IOException when (error.HResult & 0xFFFF) is NoSpace or QuotaExceeded =>
            new("out-full", $"The disk of {path} is full, so nothing was kept there.", "Free space, or choose another disk with --out."),
        UnauthorizedAccessException => new("out-unwritable", $"The folder of {path} may not be written, so nothing was kept there.", "Choose another folder, or run this as a user who may write there."),
        _ => new("out-failed", $"{path} could not be written ({error.Message.TrimEnd('.')}), so nothing was kept there.", "Check the disk, or choose another one with --out."),
    };

    private static Problem Taken(string path) => new("out-exists", $"{path} exists already and was left as it is.", "Choose another name, or overwrite it with --force.");

    private static Problem IsAFolder(string path) => new("out-exists", $"{path} is a folder, so nothing was written.", "Name a file in it.");
}
