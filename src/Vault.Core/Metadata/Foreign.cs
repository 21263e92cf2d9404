using System.Text.Json;

namespace Vault.Core.Metadata;

/// <summary>Reads DBackup's field names into Vault's. What it read stays in <see cref="BackupMetadata.OtherFields"/>.</summary>
internal static class Foreign
{
    public static BackupMetadata Fill(BackupMetadata read) => read.OtherFields is null ? read : read with
    {
        Job = read.Job ?? Job(read),
        Source = read.Source ?? Source(read),
        StartedAt = read.StartedAt ?? Instant(read, "timestamp"),
        StartedBy = read.StartedBy ?? Text(Member(read, "trigger"), "actor"),
        Encryption = Encryption(read),
        Sha256 = read.Sha256 ?? (Text(read, "checksum") is { Length: 64 } checksum ? new Sha256Metadata { Stored = checksum } : null),
    };

    private static JobMetadata? Job(BackupMetadata read) => Text(read, "jobName") is { } name
        ? new JobMetadata { Id = Text(read, "jobId"), Name = name }
        : null;

    private static SourceMetadata? Source(BackupMetadata read) => Text(read, "sourceType") is { } engine
        ? new SourceMetadata { Name = Text(read, "sourceName"), Engine = engine == "postgres" ? "postgresql" : engine, Databases = Databases(Member(read, "databases")) }
        : null;

    private static List<string> Databases(JsonElement? databases) => databases is { } part && Names(part) is { ValueKind: JsonValueKind.Array } names
        ? [.. names.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!)]
        : [];

    private static JsonElement? Names(JsonElement databases) => databases.ValueKind switch
    {
        JsonValueKind.Array => databases,
        JsonValueKind.Object when databases.TryGetProperty("names", out var names) => names,
        _ => null,
    };

    /// <summary>Older files carry <c>iv</c> and <c>authTag</c> beside <c>encryption</c>, or without it.</summary>
    private static EncryptionMetadata? Encryption(BackupMetadata read)
    {
        var (iv, tag) = (Text(read, "iv"), Text(read, "authTag"));
        if (iv is null && tag is null)
        {
            return read.Encryption;
        }

        var known = read.Encryption ?? new EncryptionMetadata { Enabled = true };
        return known with
        {
            ProfileId = known.ProfileId ?? Text(read, "encryptionProfileId"),
            Iv = known.Iv ?? iv,
            AuthTag = known.AuthTag ?? tag,
        };
    }

    private static DateTimeOffset? Instant(BackupMetadata read, string name) =>
        Member(read, name) is { ValueKind: JsonValueKind.String } value && value.TryGetDateTimeOffset(out var at) ? at.ToUniversalTime() : null;

    private static JsonElement? Member(BackupMetadata read, string name) => read.OtherFields!.TryGetValue(name, out var value) ? value : null;

    private static string? Text(BackupMetadata read, string name) => Member(read, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static string? Text(JsonElement? part, string name) =>
        part is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
