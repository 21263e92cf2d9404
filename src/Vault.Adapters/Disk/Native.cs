using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Vault.Adapters.Disk;

/// <summary>What the BCL does not offer: a rename that never overwrites, and making a folder's entries durable.</summary>
internal static partial class Native
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint NoReplace = 1; // RENAME_NOREPLACE
    private const int ReadOnlyDirectory = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC
    private const int ReadAndWrite = 2, Create = 0x40, Exclusive = 0x80, CloseOnExec = 0x80000, Unnamed = 0x400000; // O_RDWR, O_CREAT, O_EXCL, O_CLOEXEC, __O_TMPFILE
    private const uint OwnerOnly = 0x180; // 0600

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

    /// <summary>A file in a folder, without a name there, and none can be given to it. Null: the file system does not know such files.</summary>
    public static SafeFileHandle? CreateUnnamed(string folder)
    {
        // O_DIRECTORY, which is part of O_TMPFILE, is another bit on ARM.
        var directory = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 ? 0x4000 : 0x10000;
        var handle = Open(folder, ReadAndWrite | Exclusive | CloseOnExec | Unnamed | directory, OwnerOnly);
        return handle < 0 ? null : new SafeFileHandle(handle, ownsHandle: true);
    }

    /// <summary>A new file that nobody but its owner can open, from its first moment on.</summary>
    public static SafeFileHandle CreateOwned(string path)
    {
        var handle = Open(path, ReadAndWrite | Create | Exclusive | CloseOnExec, OwnerOnly);
        return handle < 0
            ? throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()), Marshal.GetLastPInvokeError())
            : new SafeFileHandle(handle, ownsHandle: true);
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

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
