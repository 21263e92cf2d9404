using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Vault.Adapters.Disk;
using Vault.Core;
using Vault.Core.Metadata;
using Vault.Core.Stores;

namespace Vault.Adapters.Stores.Local;

/// <summary>A folder on this machine (or mounted into it).</summary>
internal sealed class LocalStore : IObjectStore
{
    internal const string PartialSuffix = ".partial";
    private const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // Across all instances: a destination is opened anew for each run, and a run must not sweep away another's file.
    private static readonly ConcurrentDictionary<string, bool> OpenPartials = new(StringComparer.Ordinal);

    private static readonly EnumerationOptions Inside = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint, // a link may lead out of the folder
        IgnoreInaccessible = false,
    };

    private readonly string root;

    private LocalStore(string root) => this.root = root;

    public static StoreDescription Description { get; } = new("local", "Local folder",
        [new Setting("folder", "Folder", SettingKind.Path, IsRequired: true, Default: "./backups",
            Help: "A folder of this machine or a mounted disk. It is created when this is saved; if it is gone later, backups fail until it is back.")]);

    public static Result<IObjectStore> Open(SettingValues settings)
    {
        if (settings["folder"] is not { } folder)
            return new Problem("setting-missing", "The destination has no folder.", "Enter the folder and save.");
        var root = RootOf(folder);
        // Never created here: where a disk is not mounted, its folder would be made anew on the wrong one.
        return Directory.Exists(root) ? new LocalStore(root) : LocalProblems.Missing(root);
    }

    /// <summary>Makes the folder, when its owner saves the destination.</summary>
    public static Problem? Prepare(SettingValues settings)
    {
        if (settings["folder"] is not { } folder) return null;
        var root = RootOf(folder);
        try
        {
            Directory.CreateDirectory(root, OwnerFolder);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return File.Exists(root) ? LocalProblems.Missing(root) : LocalProblems.Translate(error, root).Problem;
        }
    }

    public Task<IObjectWriter> CreateAsync(string name, CancellationToken cancel)
    {
        if (name.EndsWith(PartialSuffix, StringComparison.Ordinal)) throw new ProblemException(LocalProblems.BadName(name));
        var path = PathOf(name);
        try
        {
            if (File.Exists(path)) throw new ProblemException(LocalProblems.Taken(name));
            CreateFoldersOf(path);
            return Task.FromResult<IObjectWriter>(LocalWriter.Begin(name, path, root, OpenPartials));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LocalProblems.Translate(error, root);
        }
    }

    public Task<Stream> OpenReadAsync(string name, long offset, CancellationToken cancel)
    {
        var path = PathOf(name);
        try
        {
            var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read | FileShare.Delete,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            });
            file.Position = offset;
            return Task.FromResult<Stream>(file);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException && Directory.Exists(root))
        {
            throw new ProblemException(LocalProblems.NoObject(name), error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LocalProblems.Translate(error, root);
        }
    }

    public async IAsyncEnumerable<StoredObject> ListAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        foreach (var file in Files())
        {
            cancel.ThrowIfCancellationRequested();
            if (file.Name.EndsWith(PartialSuffix, StringComparison.Ordinal) || !file.Exists) continue;
            yield return new StoredObject(NameOf(file.FullName), file.Length, file.LastWriteTimeUtc);
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancel)
    {
        var path = PathOf(name);
        try
        {
            // Not asked first whether it exists: a disk that does not answer must not look like a file that is gone.
            File.Delete(path);
            Native.SyncFolder(Path.GetDirectoryName(path)!);
            return Task.CompletedTask;
        }
        catch (DirectoryNotFoundException) when (Directory.Exists(root))
        {
            return Task.CompletedTask;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LocalProblems.Translate(error, root);
        }
    }

    public Task<IReadOnlyList<string>> RemoveAbandonedAsync(CancellationToken cancel)
    {
        var removed = new List<string>();
        try
        {
            foreach (var file in Files().Where(f => f.Name.EndsWith(PartialSuffix, StringComparison.Ordinal)))
            {
                cancel.ThrowIfCancellationRequested();
                if (OpenPartials.ContainsKey(file.FullName) || !ObjectNames.IsVaults(NameOf(file.FullName)[..^PartialSuffix.Length])) continue;
                file.Delete();
                removed.Add(NameOf(file.FullName));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LocalProblems.Translate(error, root);
        }

        return Task.FromResult<IReadOnlyList<string>>(removed);
    }

    public Task<StoreSpace> GetSpaceAsync(CancellationToken cancel)
    {
        if (!Directory.Exists(root)) throw new ProblemException(LocalProblems.Missing(root));
        var drive = new DriveInfo(root);
        return Task.FromResult(new StoreSpace(drive.AvailableFreeSpace, drive.TotalSize));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private List<FileInfo> Files()
    {
        try
        {
            return [.. new DirectoryInfo(root).EnumerateFiles("*", Inside).OrderBy(f => f.FullName, StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LocalProblems.Translate(error, root);
        }
    }

    private static string RootOf(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    private string NameOf(string path) => Path.GetRelativePath(root, path);

    private string PathOf(string name)
    {
        var parts = name.Split('/');
        if (parts.Any(part => part is "" or "." or ".." || part.Any(c => c is '\\' or '\0' || char.IsControl(c))))
            throw new ProblemException(LocalProblems.BadName(name));
        var path = root;
        foreach (var part in parts)
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget is not null) throw new ProblemException(LocalProblems.BadName(name));
        }

        return path;
    }

    /// <summary>Each new folder's name is itself made durable in the folder above it.</summary>
    private void CreateFoldersOf(string path)
    {
        if (!Directory.Exists(root)) throw new ProblemException(LocalProblems.Missing(root));
        var folder = root;
        foreach (var part in NameOf(Path.GetDirectoryName(path)!).Split('/').Where(part => part != "."))
        {
            var above = folder;
            folder = Path.Combine(folder, part);
            if (Directory.Exists(folder)) continue;
            Directory.CreateDirectory(folder, OwnerFolder);
            Native.SyncFolder(above);
        }
    }
}
