using System.Text;

namespace Vault.Cli.Terminal;

/// <summary>Text of others, such as names in metadata, for a terminal: without the characters that steer one.</summary>
internal static class Printable
{
    public static string Of(string text)
    {
        if (!text.Any(IsSteering)) return text;
        var clean = new StringBuilder(text.Length);
        foreach (var letter in text) clean.Append(!IsSteering(letter) ? letter : letter is '\n' or '\r' or '\t' ? ' ' : '\uFFFD');
        return clean.ToString();
    }

    /// <summary>Controls, and the marks that turn the direction of writing.</summary>
    private static bool IsSteering(char letter) =>
        char.IsControl(letter) || letter is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
