using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vault.Cli.Terminal;

/// <summary>The answers of <c>--json</c>: one object on standard output; their names are those of docs/vaultctl.md.</summary>
internal static class Json
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static void Write<T>(T answer) => Console.Out.WriteLine(JsonSerializer.Serialize(answer, Options));
}
