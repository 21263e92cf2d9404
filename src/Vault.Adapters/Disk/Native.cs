using System.Runtime.InteropServices;

namespace Vault.Adapters.Disk;

/// <summary>What the BCL does not offer: a rename that never overwrites, and making a folder's entries durable.</summary>
internal static partial class Native
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint NoReplace = 1; // RENAME_NOREPLACE
    private const int ReadOnlyDirectory = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC

    public const int NoPermission = 1, NoEntry = 2, AccessDenied = 13, Exists = 17, NotAFolder = 20, Invalid = 22,
        NoSpace = 28, ReadOnlyFileSystem = 30, NotImplemented = 38, QuotaExceeded = 122;

    /// <summary>Renames, and fails with <see cref="Exists"/> when <paramref name="to"/> is taken. Returns 0 or errno.</summary>
    public static int RenameWithoutOverwriting(string from, string to)
    {
        var error = RenameAt2(CurrentFolder, from, CurrentFolder, to, NoReplace) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (error is not (Invalid or NotImplemented)) return error;
        // Some network file systems lack RENAME_NOREPLACE; a hard link refuses a taken name just as well.
        if (Link(from, to) != 0) return Marshal.GetLastPInvokeError();
        return Unlink(from) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Without it, a new name can be lost with the power although the file's content was synced.</summary>
    public static void SyncFolder(string path)
    {
        var handle = Open(path, ReadOnlyDirectory);
        if (handle < 0) throw new IOException($"The folder {path} could not be opened.", Marshal.GetLastPInvokeError());
        try
        {
            // Some file systems do not know fsync on folders and answer EINVAL; their renames are as durable as they get.
            if (Fsync(handle) != 0 && Marshal.GetLastPInvokeError() is var error and not Invalid)
                throw new IOException($"The folder {path} could not be synced.", error);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
