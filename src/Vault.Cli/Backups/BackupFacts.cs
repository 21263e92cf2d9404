using Vault.Core.Engines;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;

namespace Vault.Cli.Backups;

internal enum MetadataState { Present, Missing, Unreadable, Foreign }

/// <summary>The answer of <c>inspect</c>; its names are documented. What only the metadata says is not proved by anything.</summary>
/// <param name="Format"><c>sealed</c>, <c>standard</c>, <c>none</c> (not encrypted), or null when nothing tells.</param>
/// <param name="Opens">Whether a given key opens it; null when no key was given or only opening it would tell.</param>
internal sealed record BackupFacts(
    string File, long SizeBytes, DateTimeOffset ChangedAt, MetadataState Metadata, string? Format, bool? IsEncrypted, string? Compression,
    string? DumpFormat, KeyFacts? Key, string? Job, string? Source, string? Engine, IReadOnlyList<string> Databases, string? EngineVersion, string? ToolVersion,
    DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, string? StartedBy, string? Description, long? DumpBytes, long? StoredBytes, bool? IsSizeRight,
    string? DumpSha256, string? StoredSha256, IReadOnlyList<TableRows> Tables, string? Note)
{
    public bool? Opens { get; init; }

    public static BackupFacts Of(BackupOnDisk backup)
    {
        var metadata = backup.Metadata;
        return new(
            backup.Path, backup.SizeBytes, backup.ChangedAt, StateOf(backup), FormatOf(backup), backup.IsEncrypted, CompressionOf(backup), metadata?.DumpFormat, KeyFacts.Of(backup),
            metadata?.Job?.Name, metadata?.Source?.Name, metadata?.Source?.Engine, metadata?.Source?.Databases ?? [], metadata?.EngineVersion, metadata?.ToolVersion,
            metadata?.StartedAt, metadata?.FinishedAt, metadata?.StartedBy, metadata?.Description, metadata?.Sizes?.Dump, metadata?.Sizes?.Stored,
            metadata?.Sizes?.Stored is { } stored ? stored == backup.SizeBytes : null, metadata?.Sha256?.Dump, metadata?.Sha256?.Stored, metadata?.Tables ?? [], NoteOf(backup));
    }

    private static MetadataState StateOf(BackupOnDisk backup) => backup switch
    {
        { Metadata: not null } => MetadataState.Present,
        { MetadataProblem: null } => MetadataState.Missing,
        { MetadataProblem.Code: "metadata-foreign" } => MetadataState.Foreign,
        _ => MetadataState.Unreadable,
    };

    private static string? FormatOf(BackupOnDisk backup) => backup switch
    {
        { IsSealed: true } => "sealed",
        { Metadata: null } => null,
        _ => backup.Metadata.IsEncrypted ? "standard" : "none",
    };

    // Without metadata a sealed file tells its compression only to who has the key; its name is a hint.
    private static string? CompressionOf(BackupOnDisk backup) => backup switch
    {
        { Metadata: { } metadata } => metadata.Compression.ToWord(),
        { IsSealed: true } => CompressionMethods.OfName(backup.Path).ToWord(),
        _ => null,
    };

    private static string? NoteOf(BackupOnDisk backup) => backup switch
    {
        { Header: { Problem: { } problem } } => problem.ToString(),
        { MetadataProblem: { } problem } when backup.IsSealed => $"{problem.Message} The file does not need it: it opens with its key alone.",
        { MetadataProblem: { } problem } => problem.ToString(),
        { Metadata: null, IsSealed: true } => "There is no .meta.json beside it. The file does not need it: it opens with its key alone.",
        { Metadata: null } => $"There is no {Path.GetFileName(backup.MetadataPath)} beside it, and a backup in the standard format does not open without.",
        { Metadata.Sizes.Stored: { } stored } when stored != backup.SizeBytes => $"The file has {backup.SizeBytes} bytes and its metadata says {stored}: it was cut, or the two do not belong together.",
        _ => null,
    };
}

/// <param name="Kind"><c>masterKey</c> or <c>password</c>.</param>
/// <param name="Fingerprint">As Settings → Vault shows it; null when the file does not name its key.</param>
internal sealed record KeyFacts(string Kind, string? Fingerprint, string? Profile)
{
    public static KeyFacts? Of(BackupOnDisk backup) => backup.IsEncrypted is true
        ? new(backup.IsFromPassword ? "password" : "masterKey", backup.Metadata?.Encryption?.KeyFingerprint, backup.Metadata?.Encryption?.ProfileName)
        : null;
}
