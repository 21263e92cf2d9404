using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Vault.Core.Pipeline;

namespace Vault.Core.Metadata;

/// <summary>A 200 GB dump has 50,000 blocks: one line, not 50,000.</summary>
internal sealed class OneLineNumbers : JsonConverter<IReadOnlyList<int>>
{
    public override IReadOnlyList<int> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        var numbers = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            numbers.Add(reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : throw new JsonException());
        }

        return numbers;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<int> value, JsonSerializerOptions options) =>
        writer.WriteRawValue($"[{string.Join(',', value)}]");
}

[JsonSerializable(typeof(BackupMetadata))]
internal sealed partial class MetadataJson : JsonSerializerContext
{
    /// <summary>A name must not stand twice: two readers could see two values.</summary>
    public static MetadataJson ForReading { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        AllowDuplicateProperties = false,
        MaxDepth = 32,
        Converters = { new CompressionConverter() },
    });

    public static MetadataJson ForWriting { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new CompressionConverter() },
    });

    private sealed class CompressionConverter : JsonConverter<CompressionMethod>
    {
        public override bool HandleNull => true;

        public override CompressionMethod Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            CompressionMethods.Parse(reader.TokenType is JsonTokenType.String or JsonTokenType.Null
                ? reader.GetString()
                : throw new JsonException()).Value;

        public override void Write(Utf8JsonWriter writer, CompressionMethod value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToWord());
    }
}
