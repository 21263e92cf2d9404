using Vault.Core;
using Vault.Core.Metadata;

namespace Vault.Cli.Backups;

/// <summary>The backups below a folder, newest first.</summary>
internal static class FolderListing
{
    private const string BeingWritten = ".partial";

    /// <exception cref="ProblemException">There is no such folder, or it may not be read.</exception>
    public static IReadOnlyList<BackupOnDisk> Of(string folder, CancellationToken cancel)
    {
        if (!Directory.Exists(folder))
            throw new ProblemException("folder-missing", $"There is no folder {folder}.", "Correct the name, or mount the disk.");
        var found = new List<BackupOnDisk>();
        foreach (var path in Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }))
        {
            cancel.ThrowIfCancellationRequested();
            if (!IsCandidate(path)) continue;
            var backup = BackupOnDisk.Read(path);
            if (IsBackup(backup, folder)) found.Add(backup);
        }

        return [.. found.OrderByDescending(backup => backup.Metadata?.StartedAt ?? backup.ChangedAt).ThenBy(backup => backup.Path, StringComparer.Ordinal)];
    }

    private static bool IsCandidate(string path) => !ObjectNames.IsMetadata(path) && !path.EndsWith(BeingWritten, StringComparison.Ordinal);

    /// <summary>In a folder that others use too, the rest is theirs.</summary>
    private static bool IsBackup(BackupOnDisk backup, string folder) =>
        backup.IsSealed || backup.Metadata is not null || backup.MetadataProblem is not null
        || backup.Path.EndsWith(ObjectNames.EncryptedSuffix, StringComparison.Ordinal)
        || ObjectNames.IsVaults(Path.GetRelativePath(Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(backup.Path)) ?? folder) ?? folder, Path.GetFullPath(backup.Path)));
}
