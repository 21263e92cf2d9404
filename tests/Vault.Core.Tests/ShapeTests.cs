using System.Text.RegularExpressions;
using System.Xml.Linq;
using Shouldly;
using Xunit;

namespace Vault.Core.Tests;

/// <summary>Rules over the source that no compiler keeps.</summary>
public sealed partial class ShapeTests
{
    private const int MaxMethodLines = 70;
    private const int MaxFileLines = 500;

    private static readonly string[] ForbiddenFolders = ["Common", "Utils", "Helpers", "Managers", "Models"];

    private static readonly Dictionary<string, string[]> AllowedReferences = new()
    {
        ["Vault.Core"] = [],
        ["Vault.Adapters"] = ["Vault.Core"],
        ["Vault.Server"] = ["Vault.Core", "Vault.Adapters"],
        ["Vault.Cli"] = ["Vault.Core", "Vault.Adapters"],
    };

    /// <summary>Core reaches no file, socket, process or clock but those it is given.</summary>
    private static readonly string[] BannedInCore =
    [
        @"\bFile\.", @"\bDirectory\.", @"\bFileInfo\b", @"\bDirectoryInfo\b", @"\bFileStream\b", @"\bPath\.", @"System\.IO\.File",
        @"\bProcess\b\.", @"ProcessStartInfo", @"System\.Diagnostics\.Process", @"System\.Net\b", @"\bSocket\b", @"HttpClient",
        @"DateTime\.(Now|UtcNow|Today)", @"DateTimeOffset\.(Now|UtcNow)", @"TimeProvider\.System", @"Stopwatch", @"Environment\.(GetEnvironmentVariable|Exit|TickCount)",
        @"\bConsole\.", @"Thread\.Sleep", @"Microsoft\.(AspNetCore|EntityFrameworkCore|Extensions)",
    ];

    [Fact]
    public void The_rules_see_the_source()
    {
        CSharp().Count().ShouldBeGreaterThan(30);
        Shape.Methods(["    void A()", "    {", "        x();", "        y();", "    }"]).ShouldBe([("void A()", 2)]);
        Shape.Methods(["    if (x)", "    {", "        y();", "    }"]).ShouldBeEmpty();
        CSharp().SelectMany(path => Shape.Methods(Shape.Lines(path))).Count().ShouldBeGreaterThan(100);
    }

    [Fact]
    public void No_file_is_longer_than_500_lines() =>
        Shape.SourceFiles.Where(IsText).Where(path => Shape.Lines(path).Length > MaxFileLines).ShouldBeEmpty();

    [Fact]
    public void No_method_is_longer_than_70_lines() =>
        CSharp().SelectMany(path => Shape.Methods(Shape.Lines(path)).Where(method => method.Length > MaxMethodLines).Select(method => $"{path}: {method}")).ShouldBeEmpty();

    [Fact]
    public void No_folder_has_a_name_that_says_nothing() =>
        Shape.SourceFiles.Where(path => path.Split('/')[..^1].Any(ForbiddenFolders.Contains)).ShouldBeEmpty();

    [Fact]
    public void Projects_know_only_those_below_them()
    {
        foreach (var (project, allowed) in AllowedReferences)
        {
            var file = XDocument.Load(Path.Combine(Shape.Root, "src", project, project + ".csproj"));
            var references = file.Descendants("ProjectReference").Select(one => Path.GetFileNameWithoutExtension(one.Attribute("Include")!.Value.Replace('\\', '/')));
            references.Except(allowed).ShouldBeEmpty(project);
        }

        Shape.Files("src").Where(path => path.EndsWith(".csproj")).Select(Path.GetFileNameWithoutExtension).ShouldBe(AllowedReferences.Keys, ignoreOrder: true);
    }

    [Fact]
    public void Core_has_no_packages()
    {
        var file = XDocument.Load(Path.Combine(Shape.Root, "src", "Vault.Core", "Vault.Core.csproj"));
        file.Descendants("PackageReference").ShouldBeEmpty();
        file.Descendants("FrameworkReference").ShouldBeEmpty();
    }

    [Fact]
    public void Core_touches_no_file_socket_process_or_clock() =>
        Hits(CSharp().Where(path => path.StartsWith("src/Vault.Core/")), new Regex(string.Join('|', BannedInCore))).ShouldBeEmpty();

    [Fact]
    public void Keys_and_formats_know_nothing_of_the_pipeline() =>
        Hits(CSharp().Where(path => path.StartsWith("src/Vault.Core/Keys/") || path.StartsWith("src/Vault.Core/Formats/")), new Regex(@"Vault\.Core\.Pipeline")).ShouldBeEmpty();

    [Fact]
    public void Nothing_waits_for_an_ambient_clock_in_the_product() =>
        Hits(CSharp().Where(path => path.StartsWith("src/")), new Regex(@"DateTime\.(Now|UtcNow|Today)|DateTimeOffset\.(Now|UtcNow)|Thread\.Sleep")).ShouldBeEmpty();

    [Fact]
    public void Nothing_is_left_to_do_in_a_comment() =>
        Hits(Shape.SourceFiles.Where(IsText).Where(path => !path.EndsWith("ShapeTests.cs")), Unfinished()).ShouldBeEmpty();

    [Fact]
    public void No_test_is_skipped() =>
        Hits(CSharp().Where(path => path.StartsWith("tests/") && !path.EndsWith("ShapeTests.cs")), new Regex(@"\bSkip\s*=|Assert\.Skip")).ShouldBeEmpty();

    [Fact]
    public void Every_test_that_the_format_names_is_there()
    {
        var format = File.ReadAllText(Path.Combine(Shape.Root, "docs", "format.md"));
        var named = TestName().Matches(format).Select(match => match.Groups[1].Value).Distinct().ToList();
        named.Count.ShouldBeGreaterThan(30);
        var tests = typeof(ShapeTests).Assembly.GetTypes().SelectMany(type => type.GetMethods()).Select(method => method.Name);
        named.Except(tests).ShouldBeEmpty();
    }

    private static IEnumerable<string> CSharp() => Shape.SourceFiles.Where(path => path.EndsWith(".cs"));

    private static bool IsText(string path) => Path.GetExtension(path) is ".cs" or ".razor" or ".css" or ".mjs" or ".js" or ".html" or ".targets" or ".props" or ".csproj";

    private static IEnumerable<string> Hits(IEnumerable<string> paths, Regex banned) =>
        paths.SelectMany(path => Shape.Lines(path).Select((line, at) => (line, at)).Where(one => banned.IsMatch(WithoutComment(one.line))).Select(one => $"{path}:{one.at + 1}: {one.line.Trim()}"));

    /// <summary>A doc comment may name what the code may not call; an unfinished one is found by its own rule.</summary>
    private static string WithoutComment(string line) => line.TrimStart().StartsWith("///") && !Unfinished().IsMatch(line) ? "" : line;

    [GeneratedRegex(@"`([A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+){2,})`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Unfinished();
}
