using System.Text.RegularExpressions;
using Vault.Core;
using Vault.Core.Keys;

namespace Vault.Cli.Keys;

/// <summary>Finds master keys in what people keep them in: the key alone, one a line, with names, grouped for the eye, or the text of a Recovery Kit.</summary>
internal static partial class KeyText
{
    private const string Label = "Vault master key";
    private const int MostNameLength = 80;

    /// <param name="origin">What the keys are called when the text does not name them.</param>
    public static IReadOnlyList<NamedKey> Find(string text, string origin)
    {
        var lines = text.Split('\n').Select((line, at) => (Line: line.Trim(), Number: at + 1)).ToList();
        var labelled = lines.Where(one => one.Line.StartsWith(Label, StringComparison.OrdinalIgnoreCase)).ToList();
        // Other lines of a Recovery Kit may hold 64 characters that are no key, such as a SHA-256.
        var found = KeysIn(labelled, origin);
        return found.Count > 0 ? found : KeysIn(lines, origin);
    }

    private static List<NamedKey> KeysIn(List<(string Line, int Number)> lines, string origin)
    {
        var found = lines.Select(one => (one.Number, Key: Parse(one.Line))).Where(one => one.Key is not null).ToList();
        return [.. found.Select(one => new NamedKey(one.Key!.Value.Name ?? (found.Count == 1 ? origin : $"{origin} line {one.Number}"), one.Key.Value.Key))];
    }

    private static (string? Name, MasterKey Key)? Parse(string line)
    {
        if (line.StartsWith('#')) return null;
        var match = Plain().Match(line);
        var (name, hex) = match.Success ? (line[..match.Index], match.Value) : Grouped(line);
        return MasterKey.ParseHex(hex) is { IsOk: true } key ? (Name(name), key.Value) : null;
    }

    /// <summary>"shop: 0011 2233 …" and "00112233-44556677-…": groups, as a page prints them.</summary>
    private static (string Name, string Hex) Grouped(string line)
    {
        var from = line.LastIndexOfAny([':', '=']) + 1;
        return (line[..from], Between().Replace(line[from..], ""));
    }

    private static string? Name(string text)
    {
        var name = text.Trim(' ', '\t', ':', '=', ',', ';');
        return name.Length is 0 or > MostNameLength || name.Contains('<') || name.StartsWith(Label, StringComparison.OrdinalIgnoreCase) ? null : name;
    }

    [GeneratedRegex("(?<![0-9A-Za-z])[0-9A-Fa-f]{64}(?![0-9A-Za-z])")]
    private static partial Regex Plain();

    [GeneratedRegex(@"[\s-]")]
    private static partial Regex Between();
}

/// <summary>A master key and what it is called in messages.</summary>
internal sealed record NamedKey(string Name, MasterKey Key)
{
    public override string ToString() => $"{Name} ({Key.Fingerprint})";
}
