using Vault.Core;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Stores;
using Vault.Server.Database;

namespace Vault.Server.Features.Backups;

/// <summary>Reads metadata from a destination, which may hold anything.</summary>
internal static class StoredMetadata
{
    private const int LargestBytes = 16 * 1024 * 1024;

    /// <summary>The copy as a file to be opened. Metadata that is missing or cannot be read is no error here: the opener knows whether it can do without.</summary>
    public static async Task<BackupFile> FileOfAsync(IObjectStore store, Backup backup, Copy copy, CancellationToken cancel)
    {
        var metadata = await FindAsync(store, ObjectNames.MetadataOf(copy.ObjectName), cancel);
        return new BackupFile(copy.ObjectName, metadata is { IsOk: true } found ? found.Value : null, (offset, token) => store.OpenReadAsync(copy.ObjectName, offset, token), copy.SizeBytes)
        {
            MetadataProblem = metadata?.Problem,
            RecordedDumpSha256 = backup.DumpSha256,
        };
    }

    public static async Task<Result<BackupMetadata>> ReadAsync(IObjectStore store, string name, CancellationToken cancel)
    {
        await using var content = await store.OpenReadAsync(name, cancel);
        using var bytes = new MemoryStream();
        var block = new byte[81920];
        int read;
        while ((read = await content.ReadAsync(block, cancel)) > 0)
        {
            if (bytes.Length + read > LargestBytes)
                return new Problem("metadata-garbage", $"{name} is larger than any metadata, so it was not read.", "Look at what this file is, and move it out of the destination.");
            bytes.Write(block, 0, read);
        }

        return BackupMetadata.Parse(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    private static async Task<Result<BackupMetadata>?> FindAsync(IObjectStore store, string name, CancellationToken cancel)
    {
        try
        {
            return await ReadAsync(store, name, cancel);
        }
        catch (ProblemException failure) when (failure.Problem.Code == "object-missing")
        {
            return null;
        }
    }
}
