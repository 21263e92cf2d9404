using System.ComponentModel.DataAnnotations.Schema;
using Vault.Core;

namespace Vault.Server.Features.Backups;

internal enum BackupState
{
    /// <summary>Object and metadata are durable in the destination, and this vault has read the object back: proved.</summary>
    Available,

    /// <summary>A scan found it in the destination; nobody has read its content yet, so nothing is proved. A restore verifies it first.</summary>
    Found,

    /// <summary>Its row says so before its object is deleted.</summary>
    Expiring,

    /// <summary>A verify found that a copy of it is not what was backed up.</summary>
    Damaged,

    /// <summary>The catalogue knows it, the destination did not have it when last looked at.</summary>
    Missing,
}

/// <summary>One dump, compressed and encrypted, with its metadata; a row of the catalogue.</summary>
internal sealed class Backup
{
    public Guid Id { get; init; }
    public BackupState State { get; set; }

    /// <summary>Needs <see cref="Copies"/>: of a damaged backup another copy may be good. A restore proves it before it believes that.</summary>
    public bool IsRestorable => State is BackupState.Available or BackupState.Found || (State == BackupState.Damaged && Copies.Any(c => !c.IsDamaged));
    public Guid? JobId { get; set; }
    public Guid? SourceId { get; set; }
    public Guid? RunId { get; set; }
    public required string JobName { get; init; }
    public required string SourceName { get; init; }
    public required string Engine { get; init; }

    /// <summary>Comma-separated names.</summary>
    public required string Databases { get; init; }
    public string? EngineVersion { get; init; }
    public string? ToolVersion { get; init; }
    public required string DumpFormat { get; init; }
    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset FinishedAt { get; init; }
    public string? Description { get; set; }
    public string? StartedBy { get; init; }
    public bool IsEncrypted { get; init; }

    /// <summary>The profile id as the metadata names it; need not exist here.</summary>
    public string? ProfileId { get; init; }
    public string? ProfileName { get; init; }
    public string? KeyFingerprint { get; init; }

    /// <summary><c>standard</c> or <c>sealed</c>; null when not encrypted.</summary>
    public string? Format { get; init; }
    public required string Compression { get; init; }
    public long? DumpSizeBytes { get; init; }
    public long? CompressedSizeBytes { get; init; }
    public long StoredSizeBytes { get; init; }
    public string? DumpSha256 { get; init; }
    public string? StoredSha256 { get; init; }

    /// <summary>JSON list of table names and rows.</summary>
    public string? TablesJson { get; init; }

    /// <summary>Encrypted with a password instead of a profile's key, as the metadata says.</summary>
    public bool IsFromPassword { get; init; }

    public List<Copy> Copies { get; init; } = [];
}

/// <summary>The backup in one destination.</summary>
internal sealed class Copy
{
    public Guid Id { get; init; }
    public Guid BackupId { get; init; }
    public Guid DestinationId { get; init; }

    /// <summary>Name of the object in the store; the metadata is at <c>ObjectName + ".meta.json"</c>.</summary>
    public required string ObjectName { get; init; }
    public long SizeBytes { get; init; }

    /// <summary>When a verify last read it to its end and proved it; null: never.</summary>
    public DateTimeOffset? VerifiedAt { get; set; }

    /// <summary>When a verify last tried, whatever it found.</summary>
    public DateTimeOffset? VerifyTriedAt { get; set; }

    public Guid? VerifyRunId { get; set; }

    /// <summary>Why the last verify did not prove it; null when it did, or there was none.</summary>
    public string? VerifyProblemCode { get; set; }
    public string? VerifyProblemMessage { get; set; }
    public string? VerifyProblemNext { get; set; }

    /// <summary>Since when it is known to be damaged; null when a verify proved it since, or never found damage.</summary>
    public DateTimeOffset? DamagedAt { get; set; }

    /// <summary>When a person said that they know.</summary>
    public DateTimeOffset? DamageAcknowledgedAt { get; set; }

    [NotMapped]
    public bool IsDamaged => DamagedAt is not null;

    [NotMapped]
    public Problem? VerifyProblem => VerifyProblemCode is null ? null : new Problem(VerifyProblemCode, VerifyProblemMessage ?? "", VerifyProblemNext ?? "");
}
