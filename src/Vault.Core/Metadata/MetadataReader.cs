using System.Text.Json;
using System.Text.Unicode;

namespace Vault.Core.Metadata;

internal static class MetadataReader
{
    /// <summary>Far above a schema of 100,000 tables; a larger one is not read into memory.</summary>
    public const int MaxSizeBytes = 32 << 20;

    private const string Next = "Put the backup's own .meta.json back beside it, from another copy of the backup.";

    public static Result<BackupMetadata> Parse(ReadOnlySpan<byte> utf8Json)
    {
        if (utf8Json.Length > MaxSizeBytes)
        {
            return Garbage("it is larger than 32 MiB");
        }

        var read = Read(utf8Json);
        return read.IsOk ? Check(read.Value) : read;
    }

    private static Result<BackupMetadata> Read(ReadOnlySpan<byte> utf8Json)
    {
        try
        {
            var read = JsonSerializer.Deserialize(WithoutMark(utf8Json), MetadataJson.ForReading.BackupMetadata);
            ReadEveryText(WithoutMark(utf8Json));
            return read is null ? Garbage("it is empty") : Foreign.Fill(Trim(read));
        }
        catch (JsonException cause)
        {
            return Garbage(cause.Path is { Length: > 0 } path && path.Length < 100 ? $"it is not the expected JSON at {path}" : "it is not the expected JSON");
        }
        catch (InvalidOperationException)
        {
            // A text that is no UTF-16, such as "\ud800", shows only when it is taken out of the JSON.
            return Garbage("it holds half a character");
        }
        catch (ProblemException cause)
        {
            return cause.Problem;
        }
    }

    /// <summary>Also those of fields that nobody here knows: they are written back, and half a character cannot be.</summary>
    private static void ReadEveryText(ReadOnlySpan<byte> utf8Json)
    {
        var reader = new Utf8JsonReader(utf8Json);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.String && (reader.ValueIsEscaped || !Utf8.IsValid(reader.ValueSpan)))
            {
                _ = reader.GetString();
            }
        }
    }

    /// <summary>A JSON null in a list or a part is the same as its absence.</summary>
    private static BackupMetadata Trim(BackupMetadata read) => read with
    {
        Version = read.Version ?? 1,
        Tables = [.. (read.Tables ?? []).Where(table => table is { Name: not null })],
        Index = read.Index is { CompressedSizes: not null } index ? index : null,
        Source = read.Source is null ? null : read.Source with { Databases = [.. (read.Source.Databases ?? []).Where(name => name is not null)] },
    };

    private static Result<BackupMetadata> Check(BackupMetadata read)
    {
        if (read.Version != 1)
        {
            return new Problem("metadata-version", $"The metadata has version {read.Version}, which this version of Vault does not know, so the backup cannot be opened.", "Open it with the version of Vault that made it, or with a newer one.");
        }

        if (new[] { read.Sizes?.Dump, read.Sizes?.Compressed, read.Sizes?.Stored }.Any(size => size < 0))
        {
            return Garbage("it holds a negative size");
        }

        return read.Encryption?.Check() is { } problem ? problem : read;
    }

    private static Problem Garbage(string why) => new(
        "metadata-garbage",
        $"The metadata of this backup cannot be read ({why}), so the backup cannot be opened.",
        Next);

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> utf8) => utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
}
