using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>Every page, empty and filled, in both themes and both widths: no barrier, no sideways scrolling, no error in the console.</summary>
public sealed class PagesTests(Chrome chrome)
{
    private static readonly string[] pages =
        ["/", "/jobs", "/jobs/new", "/runs", "/backups", "/sources", "/sources/new", "/destinations", "/destinations/new", "/settings/vault", "/settings", "/settings/accounts", "/audit"];

    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Desktop)]
    [InlineData(Theme.Light, Device.Phone)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task Every_page_is_free_of_barriers_when_there_is_nothing_and_when_there_is_something_to_show(Theme theme, Device device)
    {
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server, device, theme);
        await visitor.StartFirstAsync();
        await LookAtEveryPageAsync(visitor, "empty");
        await visitor.CreateProfileAsync("Home key");
        await visitor.AddDestinationAsync("Second disk", server.BackupFolder);
        await LookAtEveryPageAsync(visitor, "filled");
        visitor.Faults.ShouldBeEmpty();
    }

    private static async Task LookAtEveryPageAsync(Visitor visitor, string state)
    {
        foreach (var path in pages)
        {
            await visitor.GoAsync(path);
            await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
            await visitor.Page.ShouldHaveNoBarriersAsync($"{path}, {state}");
        }
    }
}
