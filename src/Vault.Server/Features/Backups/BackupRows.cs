using System.Text.Json;
using Vault.Core.Engines;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;

namespace Vault.Server.Features.Backups;

/// <summary>The catalogue's row of what the metadata says.</summary>
internal static class BackupRows
{
    private const int LongestName = 500;
    private const int LongestDescription = 4000;

    public static Backup Of(BackupMetadata metadata, BackupState state, string objectName, long storedSizeBytes, Guid destinationId)
    {
        var startedAt = metadata.StartedAt ?? metadata.FinishedAt ?? DateTimeOffset.UnixEpoch;
        var backup = new Backup
        {
            Id = Guid.TryParse(metadata.BackupId, out var id) ? id : Guid.CreateVersion7(),
            State = state,
            JobName = Cut(metadata.Job?.Name) ?? objectName.Split('/')[0],
            SourceName = Cut(metadata.Source?.Name) ?? Cut(metadata.Job?.Name) ?? "unknown",
            Engine = Cut(metadata.Source?.Engine) ?? EngineByName(objectName),
            Databases = Cut(string.Join(',', metadata.Source?.Databases ?? []), LongestDescription)!,
            EngineVersion = Cut(metadata.EngineVersion),
            ToolVersion = Cut(metadata.ToolVersion),
            DumpFormat = Cut(metadata.DumpFormat) ?? FormatByName(objectName),
            StartedAt = startedAt,
            FinishedAt = metadata.FinishedAt ?? startedAt,
            Description = Cut(metadata.Description, LongestDescription),
            StartedBy = Cut(metadata.StartedBy),
            IsEncrypted = metadata.IsEncrypted,
            ProfileId = Cut(metadata.Encryption?.ProfileId),
            ProfileName = Cut(metadata.Encryption?.ProfileName),
            KeyFingerprint = Cut(metadata.Encryption?.KeyFingerprint),
            IsFromPassword = metadata is { IsEncrypted: true, Encryption.IsFromPassword: true },
            Format = metadata.IsEncrypted ? metadata.Encryption?.Format ?? "standard" : null,
            Compression = metadata.Compression.ToWord(),
            DumpSizeBytes = metadata.Sizes?.Dump,
            CompressedSizeBytes = metadata.Sizes?.Compressed,
            StoredSizeBytes = storedSizeBytes,
            DumpSha256 = Cut(metadata.Sha256?.Dump),
            StoredSha256 = Cut(metadata.Sha256?.Stored),
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

    /// <summary>For a sealed file whose metadata is lost. A restore looks at the dump itself.</summary>
    private static string EngineByName(string objectName) => FormatByName(objectName) switch
    {
        "plain" or "custom" => "postgresql",
        "sqlite" => "sqlite",
        _ => "unknown",
    };

    public static Copy CopyOf(Guid backupId, string objectName, long sizeBytes, Guid destinationId) =>
        new() { Id = Guid.CreateVersion7(), BackupId = backupId, DestinationId = destinationId, ObjectName = objectName, SizeBytes = sizeBytes };

    public static IReadOnlyList<TableRows> TablesOf(Backup backup) =>
        backup.TablesJson is null ? [] : JsonSerializer.Deserialize<List<TableRows>>(backup.TablesJson) ?? [];

    /// <summary>What somebody else's file says must not fill pages and the vault database.</summary>
    private static string? Cut(string? text, int longest = LongestName) =>
        text is null || text.Length <= longest ? text : string.Concat(text.AsSpan(0, longest - 1), "…");
}
