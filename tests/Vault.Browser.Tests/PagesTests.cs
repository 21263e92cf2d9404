using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>Every page, empty and filled, in both themes and both widths: no barrier, no sideways scrolling, no error in the console.</summary>
public sealed class PagesTests(Chrome chrome)
{
    private static readonly string[] pages =
        ["/", "/jobs", "/jobs/new", "/runs", "/backups", "/sources", "/sources/new", "/destinations", "/destinations/new", "/settings/vault", "/settings", "/settings/verification", "/settings/notifications", "/settings/accounts", "/audit"];

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
        await LookAtDialogsAsync(visitor);
        visitor.Faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task The_pages_of_one_thing_are_free_of_barriers(Theme theme, Device device)
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server, device, theme);
        await Shop.SetUpAsync(visitor, cluster);
        await visitor.BackUpNowAsync(Shop.Job);
        await visitor.RunEndsAsync("Succeeded");
        await visitor.Page.ShouldHaveNoBarriersAsync("a run");
        await visitor.Link("Go to the backup").ClickAsync();
        await Assertions.Expect(visitor.Link("Restore")).ToBeVisibleAsync();
        await visitor.Page.ShouldHaveNoBarriersAsync("a backup");
        await visitor.LookAtDialogAsync("Delete backup");
        await visitor.Link("Restore").ClickAsync();
        await visitor.Button("See what will happen").WaitForAsync();
        await visitor.Page.ShouldHaveNoBarriersAsync("restore, target");
        await visitor.Button("See what will happen").ClickAsync();
        await Assertions.Expect(visitor.Page.Locator("#restore-plan-title")).ToBeFocusedAsync();
        await visitor.Page.ShouldHaveNoBarriersAsync("restore, plan");
        foreach (var (list, name) in new[] { ("/jobs", Shop.Job), ("/sources", "Shop"), ("/destinations", "Second disk") })
        {
            await visitor.GoAsync(list);
            await visitor.Link(name).ClickAsync();
            await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Heading, new() { Level = 1, Name = name })).ToBeVisibleAsync();
            await visitor.Page.ShouldHaveNoBarriersAsync($"one of {list}");
        }

        visitor.Faults.ShouldBeEmpty();
    }

    private static async Task LookAtDialogsAsync(Visitor visitor)
    {
        await visitor.GoAsync("/settings/vault");
        foreach (var opener in new[] { "Create profile", "Import Key", "Recovery Kit", "Copy Key", "Rename Home key", "Delete Home key" }) await visitor.LookAtDialogAsync(opener);
        await visitor.GoAsync("/settings/accounts");
        await visitor.LookAtDialogAsync("Add account");
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
