using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Vault.Core.Tests;

/// <summary>The repository's own source, as the shape tests read it.</summary>
internal static partial class Shape
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<string> SourceFiles { get; } = [.. new[] { "src", "tests", "bench" }.SelectMany(Files)];

    public static IEnumerable<string> Files(string folder) => Directory.Exists(Path.Combine(Root, folder))
        ? Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !Generated().IsMatch(path))
        : [];

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    /// <summary>Length of each body that begins with a signature: from its opening brace's line to its closing one at the same indent.</summary>
    public static IEnumerable<(string Signature, int Length)> Methods(string[] lines)
    {
        for (var at = 1; at < lines.Length; at++)
        {
            var indent = lines[at].Length - lines[at].TrimStart().Length;
            if (lines[at].Trim() != "{" || indent == 0 || !Signature().IsMatch(lines[at - 1]))
            {
                continue;
            }

            var end = Array.FindIndex(lines, at, line => line.StartsWith(new string(' ', indent) + "}", StringComparison.Ordinal));
            yield return (lines[at - 1].Trim(), end - at - 1);
        }
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(here)!);
        while (!File.Exists(Path.Combine(folder.FullName, "Vault.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("No Vault.sln above the tests.");
        }

        return folder.FullName;
    }

    [GeneratedRegex(@"(^|/)(bin|obj|node_modules|wwwroot|fixtures)/")]
    private static partial Regex Generated();

    // A line that ends in a parameter list (or in a constraint) and is neither a branch nor a type.
    [GeneratedRegex(@"^(?!.*\b(class|record|struct|interface|enum|namespace|if|for|foreach|while|switch|using|lock|catch|fixed)\b).*\)\s*(where .*)?$")]
    private static partial Regex Signature();
}
