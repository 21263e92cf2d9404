using Vault.Core.Engines;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>What somebody wrote down about a backup when it was made or found, apart from its metadata, which anyone can change who may write the destination.</summary>
/// <param name="StoredSha256">Hex; null when it was not known.</param>
/// <param name="DumpSha256">Hex; null when it was not known.</param>
public sealed record RecordedBackup(bool IsEncrypted, string? StoredSha256, string? DumpSha256)
{
    /// <summary>False: the metadata is that of another backup, or was changed.</summary>
    public bool IsOf(BackupMetadata metadata) =>
        (!IsEncrypted || metadata.IsEncrypted) && Agrees(StoredSha256, metadata.Sha256?.Stored) && Agrees(DumpSha256, metadata.Sha256?.Dump);

    private static bool Agrees(string? recorded, string? found) => recorded is null || recorded.Equals(found, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A stored backup that was read to its end and proved.</summary>
/// <param name="Metadata">As read; what it does not say is filled in from the file where that shows it.</param>
/// <param name="ProfileName">Whose key opened it; null when it is not encrypted.</param>
/// <param name="Tables">Rows as counted in the dump; empty when its format does not show them.</param>
/// <param name="EndSeen">One sentence: how the dump's end was known, and what could not be looked at.</param>
public sealed record VerifiedBackup(
    BackupMetadata Metadata,
    string? ProfileName,
    bool WasSmartRecovery,
    long StoredSizeBytes,
    string StoredSha256,
    long DumpSizeBytes,
    string DumpSha256,
    IReadOnlyList<TableRows> Tables,
    string EndSeen);
