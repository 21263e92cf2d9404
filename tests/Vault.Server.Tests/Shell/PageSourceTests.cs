using System.Text.RegularExpressions;
using Shouldly;
using Vault.Server.Features.Shell;
using Xunit;

namespace Vault.Server.Tests.Shell;

public sealed partial class PageSourceTests
{
    [Fact]
    public void Every_icon_that_a_page_names_is_in_the_sprite()
    {
        var root = Root();
        var known = File.ReadAllLines(Path.Combine(root, "wwwroot-assets", "icons.txt")).ToHashSet();
        var named = Pages(root).SelectMany(page => IconName().Matches(File.ReadAllText(page)).Select(m => m.Groups[1].Value)).ToHashSet();
        named.ShouldNotBeEmpty();
        named.Except(known).ShouldBeEmpty("Add the missing names to wwwroot-assets/icons.txt.");
        Enum.GetValues<Tone>().Select(StateLook.IconOf).Except(known).ShouldBeEmpty();
    }

    /// <summary>Razor takes <c>word@if (…)</c> for an e-mail address and shows it as text.</summary>
    [Fact]
    public void No_page_shows_its_code_as_text() =>
        Pages(Root()).Where(page => CodeBehindWord().IsMatch(File.ReadAllText(page))).Select(Path.GetFileName).ShouldBeEmpty();

    private static IEnumerable<string> Pages(string root) =>
        Directory.EnumerateFiles(Path.Combine(root, "src", "Vault.Server"), "*.razor", SearchOption.AllDirectories);

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Vault.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Vault.sln is in no parent folder.");
        return folder;
    }

    [GeneratedRegex("""(?:<Icon Name|Icon)="([a-z0-9-]+)["]""")]
    private static partial Regex IconName();

    [GeneratedRegex("""[A-Za-z0-9]@(?:if|else|foreach|for|switch)\b""")]
    private static partial Regex CodeBehindWord();
}
