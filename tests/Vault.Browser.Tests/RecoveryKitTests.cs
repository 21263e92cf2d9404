using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>A person takes the Recovery Kit of a new profile, and reads it when there is no Vault any more.</summary>
public sealed class RecoveryKitTests(Chrome chrome)
{
    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task The_kit_is_the_next_step_of_a_new_profile_and_needs_no_mouse(Theme theme, Device device)
    {
        using var folder = new TempFolder();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server, device, theme);
        await visitor.StartFirstAsync();
        await visitor.GoAsync("/settings/vault");
        await visitor.Button("Create profile").First.ClickAsync();
        var dialog = visitor.Page.GetByRole(AriaRole.Dialog).Filter(new() { Visible = true });
        await dialog.GetByLabel("Name").FillAsync("Home key");
        await visitor.Page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(dialog.GetByLabel("Your password")).ToBeFocusedAsync();
        await visitor.Page.ShouldHaveNoBarriersAsync("the kit of a new profile");
        await Screenshots.TakeAsync(visitor.Page, "recovery-kit", theme, device);
        await visitor.Page.Keyboard.TypeAsync("not the password at all");
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(dialog.Locator("[data-problem=wrong-password]")).ToBeVisibleAsync();
        var kit = await visitor.SaveKitAsync(folder.Path);

        await Assertions.Expect(visitor.Page.GetByText("exists only in this vault")).ToHaveCountAsync(0);
        await Assertions.Expect(visitor.Page.Locator("tr[data-profile=\"Home key\"] td[data-label=\"Kept elsewhere\"]")).ToContainTextAsync("kit: just now");
        var key = Regex.Match(await File.ReadAllTextAsync(Path.Combine(kit, "key.txt")), "Vault master key: ([0-9a-f]{64})").Groups[1].Value;
        (await visitor.CopyKeyAsync("Home key")).ShouldBe(key);
        server.Output.ShouldNotContain(key);
        visitor.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_page_with_the_key_opens_from_disk_prints_on_one_sheet_and_has_no_barrier()
    {
        using var folder = new TempFolder();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server);
        await visitor.StartFirstAsync();
        await visitor.CreateProfileAsync("Home key");
        await visitor.GoAsync("/settings");
        await visitor.Button("Recovery Kit of Home key").ClickAsync();
        var kit = await visitor.SaveKitAsync(folder.Path);
        var requests = new List<string>();
        visitor.Page.Request += (_, request) => requests.Add(request.Url);

        await visitor.Page.GotoAsync($"file://{kit}/key.html");

        await visitor.Page.ShouldHaveNoBarriersAsync("key.html");
        foreach (var paper in new[] { "A4", "Letter" })
            PagesOf(await visitor.Page.PdfAsync(new() { Format = paper, PreferCSSPageSize = false })).ShouldBe(1, paper);
        requests.ShouldHaveSingleItem("it loads nothing");
        visitor.Faults.ShouldBeEmpty();
    }

    private static int PagesOf(byte[] pdf) => Regex.Count(System.Text.Encoding.Latin1.GetString(pdf), @"/Type\s*/Page\b");
}
