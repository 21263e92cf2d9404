using System.Text.Json;
using System.Text.Json.Serialization;
using Vault.Core.Engines;
using Vault.Core.Pipeline;

namespace Vault.Core.Metadata;

/// <summary>The <c>.meta.json</c> beside a backup (docs/format.md). Its presence says that the backup is whole.</summary>
public sealed record BackupMetadata
{
    /// <summary>Absent means 1: the seed's files carry none.</summary>
    public int? Version { get; init; } = 1;

    public string? BackupId { get; init; }

    public JobMetadata? Job { get; init; }

    public SourceMetadata? Source { get; init; }

    public string? EngineVersion { get; init; }

    public string? ToolVersion { get; init; }

    public string? DumpFormat { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public string? Description { get; init; }

    public string? StartedBy { get; init; }

    /// <summary>Null: not encrypted.</summary>
    public EncryptionMetadata? Encryption { get; init; }

    public CompressionMethod Compression { get; init; }

    public SizesMetadata? Sizes { get; init; }

    public Sha256Metadata? Sha256 { get; init; }

    public IReadOnlyList<TableRows> Tables { get; init; } = [];

    /// <summary>Where each block of the dump begins in a <c>sealed</c> file; null when there is none.</summary>
    public IndexMetadata? Index { get; init; }

    /// <summary>Fields of other writers and of later versions; written back as they were read.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? OtherFields { get; set; }

    [JsonIgnore]
    public bool IsEncrypted => Encryption is { Enabled: true };

    public static Result<BackupMetadata> Parse(ReadOnlySpan<byte> utf8Json) => MetadataReader.Parse(utf8Json);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, MetadataJson.ForWriting.BackupMetadata);
}

public sealed record JobMetadata
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? OtherFields { get; set; }
}

public sealed record SourceMetadata
{
    public string? Name { get; init; }

    public string? Engine { get; init; }

    public IReadOnlyList<string> Databases { get; init; } = [];

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? OtherFields { get; set; }
}

public sealed record EncryptionMetadata
{
    public bool Enabled { get; init; }

    /// <summary>Not always a UUID: other programs wrote other ids.</summary>
    public string? ProfileId { get; init; }

    public string? ProfileName { get; init; }

    public string? KeyFingerprint { get; init; }

    /// <summary>Absent means <c>standard</c>.</summary>
    public string? Format { get; init; }

    public string? Algorithm { get; init; }

    /// <summary>True: sealed with a password; absent otherwise. The file's header decides.</summary>
    public bool? IsFromPassword { get; init; }

    /// <summary>In <c>sealed</c>: the salt.</summary>
    public string? Iv { get; init; }

    public string? AuthTag { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? OtherFields { get; set; }

    /// <summary>What forbids opening a file with these fields; null when nothing does.</summary>
    internal Problem? Check() => EncryptionCheck.Check(this);
}

/// <summary>Sizes in bytes: of the dump, after compression, and of the object.</summary>
public sealed record SizesMetadata
{
    public long? Dump { get; init; }

    public long? Compressed { get; init; }

    public long? Stored { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? OtherFields { get; set; }
}

/// <summary>docs/format.md §5, "The index of blocks".</summary>
public sealed record IndexMetadata
{
    public long BlockSizeBytes { get; init; }

    /// <summary>Bytes of each block after compression, in order.</summary>
    [JsonConverter(typeof(OneLineNumbers))]
    public IReadOnlyList<int> CompressedSizes { get; init; } = [];

    /// <summary>Hex of 32 bytes: what makes the index believable.</summary>
    public string? Mac { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? OtherFields { get; set; }
}

/// <summary>Lower-case hex of SHA-256.</summary>
public sealed record Sha256Metadata
{
    public string? Dump { get; init; }

    public string? Stored { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? OtherFields { get; set; }
}
