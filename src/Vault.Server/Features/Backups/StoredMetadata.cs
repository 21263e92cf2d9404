using Vault.Core;
using Vault.Core.Metadata;
using Vault.Core.Stores;

namespace Vault.Server.Features.Backups;

/// <summary>Reads metadata from a destination, which may hold anything.</summary>
internal static class StoredMetadata
{
    private const int LargestBytes = 16 * 1024 * 1024;

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
}
