using System.Text.RegularExpressions;
using Vault.Core;

namespace Vault.Cli;

/// <summary>Arguments are readable for everyone on the machine, and stay in the shell's history: a secret among them is refused and not repeated.</summary>
internal static partial class ArgumentSecrets
{
    public static Problem? Find(IEnumerable<string> arguments) => arguments.Any(IsSecret) ? new Problem("secret-in-arguments",
        "There is a key or a password among the arguments, where everyone on this machine can read it, so nothing was done.",
        "Give a key by VAULT_KEY, VAULT_KEY_FILE or --key-file and a database URL by DATABASE_URL or --url-file; think of this one as known.") : null;

    private static bool IsSecret(string argument) => UrlWithPassword().IsMatch(argument) || PasswordWord().IsMatch(argument) || (Key().IsMatch(argument) && !File.Exists(argument));

    [GeneratedRegex("://[^/?#]*:[^/?#]+@|[?&]password=.", RegexOptions.IgnoreCase)]
    private static partial Regex UrlWithPassword();

    [GeneratedRegex(@"(^|[;\s])(password|pwd)\s*=\s*[^\s;]", RegexOptions.IgnoreCase)]
    private static partial Regex PasswordWord();

    [GeneratedRegex("^(--?[a-z-]+[=:])?[0-9a-f]{64}$", RegexOptions.IgnoreCase)]
    private static partial Regex Key();
}
