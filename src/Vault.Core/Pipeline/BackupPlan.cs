using Vault.Core.Keys;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>What one backup run makes.</summary>
/// <param name="Engine">An engine's id: <c>postgresql</c>.</param>
/// <param name="Level">Of <see cref="CompressionMethods.Levels"/>; brought into its bounds.</param>
/// <param name="Key">Null: not encrypted. The caller disposes it.</param>
public sealed record BackupPlan(
    Guid BackupId,
    Guid JobId,
    string JobName,
    string SourceName,
    string Engine,
    string? Description,
    string StartedBy,
    CompressionMethod Compression,
    int Level,
    BackupKey? Key);

/// <summary>The master key of a profile, open for one run.</summary>
public sealed record BackupKey(Guid ProfileId, string ProfileName, MasterKey Key);

/// <summary>A backup that is whole, durable and read back.</summary>
public sealed record BackupOutcome(string ObjectName, BackupMetadata Metadata, long StoredSizeBytes);

/// <summary>A profile that may open a backup. <paramref name="Open"/> gives a key that its caller disposes.</summary>
public sealed record CandidateKey(Guid ProfileId, string ProfileName, Func<MasterKey> Open);

/// <summary>A stored backup to be opened.</summary>
/// <param name="Metadata">Null when it is missing.</param>
/// <param name="OpenAsync">Opens the object from its first byte; called once for each pass.</param>
public sealed record BackupFile(string ObjectName, BackupMetadata? Metadata, Func<CancellationToken, Task<Stream>> OpenAsync, long SizeBytes);

/// <summary>An opened backup: its whole tag was right before this object existed.</summary>
public sealed class OpenedBackup : IAsyncDisposable
{
    internal OpenedBackup(Stream dump, BackupMetadata metadata, string? profileName, bool wasSmartRecovery) =>
        (Dump, Metadata, ProfileName, WasSmartRecovery) = (dump, metadata, profileName, wasSmartRecovery);

    /// <summary>The dump as the engine wrote it. Throws at its end when the file changed meanwhile: what was restored must then be undone.</summary>
    public Stream Dump { get; }

    /// <summary>As read; a missing <c>dumpFormat</c> is filled in from the dump's first bytes.</summary>
    public BackupMetadata Metadata { get; }

    /// <summary>Whose key opened it; null when it is not encrypted.</summary>
    public string? ProfileName { get; }

    public bool WasSmartRecovery { get; }

    public ValueTask DisposeAsync() => Dump.DisposeAsync();
}
