using System.Text;
using System.Text.Json;
using Vault.Testing.Fuzz;

namespace Vault.Core.Tests.Fuzz;

/// <summary>Puts other values into JSON that stays JSON, or changes its bytes.</summary>
internal static class JsonMutator
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1e999", "1.5", "9223372036854775807", "9223372036854775808", "2147483648", "\"\"", "\"x\"", "\"\\ud800\"", "\"\\u0000\"",
        "[]", "{}", "[null]", "[[[[1]]]]", "[1,2,3]", "[-1,-2147483648]", "{\"names\":null}", "{\"actor\":\"x\"}", "\"GZIP\"", "\"brotli\"", "\"ZSTD\"", "\"NONE\"",
        "\"standard\"", "\"sealed\"", "\"plain\"", "\"custom\"", "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59-14:00\"", "\"00000000000000000000000000000000\"",
        "\"0000000000000000000000000000000000000000000000000000000000000000\"", "\"aes-256-gcm\"", "{\"dump\":-5}", "[{\"name\":null}]", "[{\"name\":\"a\",\"rows\":1e30}]",
    ];

    private static readonly string[] Names =
        ["version", "compression", "encryption", "iv", "authTag", "sizes", "sha256", "tables", "index", "compressedSizes", "mac", "trigger", "timestamp", "databases", "checksum", "jobName", "sourceType", "enabled"];

    

    public static byte[] Mutate(byte[] json, Random random)
    {
        if (random.Next(4) == 0)
        {
            return new Mutator(json).Next(random);
        }

        for (var left = random.Next(1, 4); left > 0; left--)
        {
            json = random.Next(4) == 0 ? AddField(json, random) : ReplaceValue(json, random);
        }

        return json;
    }

    private static byte[] ReplaceValue(byte[] json, Random random)
    {
        var places = PlacesOfValues(json);
        if (places.Count == 0) return json;
        var (from, to) = places[random.Next(places.Count)];
        byte[] value = random.Next(3) == 0 && places[random.Next(places.Count)] is var other ? json[other.From..other.To] : Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]);
        return [.. json[..from], .. value, .. json[to..]];
    }

    private static byte[] AddField(byte[] json, Random random)
    {
        var at = Array.IndexOf(json, (byte)'{', random.Next(json.Length + 1) is var start && start < json.Length ? start : 0);
        return at < 0 ? json : [.. json[..(at + 1)], .. Encoding.UTF8.GetBytes($"\"{Names[random.Next(Names.Length)]}\":{Values[random.Next(Values.Length)]},"), .. json[(at + 1)..]];
    }

    /// <summary>Values that are one word, and lists and objects as a whole; as far as the text is JSON.</summary>
    private static List<(int From, int To)> PlacesOfValues(byte[] json)
    {
        var places = new List<(int From, int To)>();
        var open = new Stack<int>();
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) open.Push((int)reader.TokenStartIndex);
                else if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject) places.Add((open.Pop(), (int)reader.BytesConsumed));
                else if (reader.TokenType != JsonTokenType.PropertyName) places.Add(((int)reader.TokenStartIndex, (int)reader.BytesConsumed));
            }
        }
        catch (JsonException)
        {
            // What was found until here is enough.
        }

        return places;
    }
}
