using System.Text.Json;
using Vault.Core.Engines;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;

namespace Vault.Server.Features.Backups;

/// <summary>The catalogue's row of what the metadata says.</summary>
internal static class BackupRows
{
    public static Backup Of(BackupMetadata metadata, string objectName, long storedSizeBytes, Guid destinationId)
    {
        var startedAt = metadata.StartedAt ?? metadata.FinishedAt ?? DateTimeOffset.UnixEpoch;
        var backup = new Backup
        {
            Id = Guid.TryParse(metadata.BackupId, out var id) ? id : Guid.CreateVersion7(),
            State = BackupState.Available,
            JobName = metadata.Job?.Name ?? objectName.Split('/')[0],
            SourceName = metadata.Source?.Name ?? metadata.Job?.Name ?? "unknown",
            Engine = metadata.Source?.Engine ?? "unknown",
            Databases = string.Join(',', metadata.Source?.Databases ?? []),
            EngineVersion = metadata.EngineVersion,
            ToolVersion = metadata.ToolVersion,
            DumpFormat = metadata.DumpFormat ?? FormatByName(objectName),
            StartedAt = startedAt,
            FinishedAt = metadata.FinishedAt ?? startedAt,
            Description = metadata.Description,
            StartedBy = metadata.StartedBy,
            IsEncrypted = metadata.IsEncrypted,
            ProfileId = metadata.Encryption?.ProfileId,
            ProfileName = metadata.Encryption?.ProfileName,
            KeyFingerprint = metadata.Encryption?.KeyFingerprint,
            Format = metadata.IsEncrypted ? metadata.Encryption?.Format ?? "standard" : null,
            Compression = metadata.Compression.ToWord(),
            DumpSizeBytes = metadata.Sizes?.Dump,
            CompressedSizeBytes = metadata.Sizes?.Compressed,
            StoredSizeBytes = storedSizeBytes,
            DumpSha256 = metadata.Sha256?.Dump,
            StoredSha256 = metadata.Sha256?.Stored,
            TablesJson = metadata.Tables.Count == 0 ? null : JsonSerializer.Serialize(metadata.Tables),
        };
        backup.Copies.Add(CopyOf(backup.Id, objectName, storedSizeBytes, destinationId));
        return backup;
    }

    /// <summary>For metadata of other programs, which does not say. A restore looks at the dump itself.</summary>
    private static string FormatByName(string objectName) => objectName.Contains(".sql", StringComparison.Ordinal) ? "plain"
        : objectName.Contains(".dump", StringComparison.Ordinal) ? "custom"
        : objectName.Contains(".sqlite", StringComparison.Ordinal) || objectName.Contains(".db", StringComparison.Ordinal) ? "sqlite"
        : "unknown";

    public static Copy CopyOf(Guid backupId, string objectName, long sizeBytes, Guid destinationId) =>
        new() { Id = Guid.CreateVersion7(), BackupId = backupId, DestinationId = destinationId, ObjectName = objectName, SizeBytes = sizeBytes };

    public static IReadOnlyList<TableRows> TablesOf(Backup backup) =>
        backup.TablesJson is null ? [] : JsonSerializer.Deserialize<List<TableRows>>(backup.TablesJson) ?? [];
}
