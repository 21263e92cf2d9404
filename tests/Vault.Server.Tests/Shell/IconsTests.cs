using System.Text.RegularExpressions;
using Shouldly;
using Vault.Server.Features.Shell;
using Xunit;

namespace Vault.Server.Tests.Shell;

public sealed partial class IconsTests
{
    [Fact]
    public void Every_icon_that_a_page_names_is_in_the_sprite()
    {
        var root = Root();
        var known = File.ReadAllLines(Path.Combine(root, "wwwroot-assets", "icons.txt")).ToHashSet();
        var pages = Directory.EnumerateFiles(Path.Combine(root, "src", "Vault.Server"), "*.razor", SearchOption.AllDirectories);
        var named = pages.SelectMany(page => IconName().Matches(File.ReadAllText(page)).Select(m => m.Groups[1].Value)).ToHashSet();
        named.ShouldNotBeEmpty();
        named.Except(known).ShouldBeEmpty("Add the missing names to wwwroot-assets/icons.txt.");
        Enum.GetValues<Tone>().Select(StateLook.IconOf).Except(known).ShouldBeEmpty();
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Vault.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Vault.sln is in no parent folder.");
        return folder;
    }

    [GeneratedRegex("""(?:<Icon Name|Icon)="([a-z0-9-]+)["]""")]
    private static partial Regex IconName();
}
