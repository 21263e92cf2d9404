using Vault.Adapters.Disk;
using Vault.Core;

namespace Vault.Adapters.Stores.Local;

/// <summary>What the file system says, as sentences.</summary>
internal static class LocalProblems
{
    // .NET keeps the plain errno in HResult of its own IOExceptions, except for these.
    private const int SharingViolation = unchecked((int)0x80070020);

    public static ProblemException Translate(Exception error, string root) => error switch
    {
        ProblemException known => known,
        UnauthorizedAccessException => new(ReadOnly(root), error),
        DirectoryNotFoundException or DriveNotFoundException => new(Missing(root), error),
        IOException io => new(FromErrno(io.HResult & 0xFFFF, io, root), error),
        _ => new(Failed(root, error.Message), error),
    };

    public static Problem FromErrno(int errno, Exception? error, string root) => errno switch
    {
        Native.NoSpace or Native.QuotaExceeded => Full(root),
        Native.ReadOnlyFileSystem or Native.AccessDenied or Native.NoPermission => ReadOnly(root),
        Native.NoEntry or Native.NotAFolder => Missing(root),
        _ when error?.HResult == SharingViolation => Failed(root, "another program holds the file"),
        _ => Failed(root, error?.Message ?? $"error {errno}"),
    };

    public static Problem Full(string root) => new("destination-full",
        $"The disk of \"{root}\" is full, so nothing more can be stored there.",
        "Free space, let older backups expire, or choose a destination with more room.");

    public static Problem ReadOnly(string root) => new("destination-read-only",
        $"Vault may not write into \"{root}\", so no backup can be stored there.",
        "Give the user that Vault runs as the right to write there, or mount the file system writable.");

    public static Problem Missing(string root) => new("destination-missing",
        $"The folder \"{root}\" is not there, so no backup can be read or stored.",
        "Mount the disk or create the folder, then try again.");

    public static Problem BadName(string name) => new("object-name",
        $"The name \"{name}\" does not stay inside the destination, so it was refused.",
        "Use names of plain parts separated by '/', without \"..\" and symbolic links.");

    public static Problem Taken(string name) => new("object-exists",
        $"The destination already holds \"{name}\", and Vault overwrites nothing.",
        "Start the run again: it gets a new name.");

    public static Problem NoObject(string name) => new("object-missing",
        $"The destination does not hold \"{name}\".",
        "It was deleted or moved by someone; choose another copy or another backup.");

    private static Problem Failed(string root, string reason) => new("destination-failed",
        $"The folder \"{root}\" could not be used: {reason}.",
        "Check the disk and the folder, then try again.");
}
