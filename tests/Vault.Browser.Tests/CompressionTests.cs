using Microsoft.Playwright;

namespace Vault.Browser.Tests;

public sealed class CompressionTests(Chrome chrome)
{
    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task The_compressions_are_measured_on_this_machine_and_one_of_them_is_chosen(Theme theme, Device device)
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server, device, theme);
        await Shop.SetUpAsync(visitor, cluster);
        await visitor.BackUpNowAsync(Shop.Job);
        await visitor.RunEndsAsync("Succeeded");
        await visitor.GoAsync("/jobs/new");
        await Assertions.Expect(visitor.Field("Compression")).ToHaveValueAsync("Zstd");
        await Assertions.Expect(visitor.Field("Level")).ToHaveValueAsync("3");

        await visitor.FocusByTabAsync(visitor.Button("Measure on this machine"));
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visitor.Text("Measuring zstd")).ToBeVisibleAsync();
        await visitor.Page.ShouldHaveNoBarriersAsync("measuring");
        await visitor.Button("Stop measuring").ClickAsync();
        await Assertions.Expect(visitor.Button("Measure on this machine")).ToBeVisibleAsync();
        await Assertions.Expect(visitor.Page.Locator("#measured")).ToHaveCountAsync(0);

        await visitor.Button("Measure on this machine").ClickAsync();
        await Assertions.Expect(visitor.Page.Locator("#measured tbody tr")).ToHaveCountAsync(10, new() { Timeout = 120_000 });
        await Assertions.Expect(visitor.Page.Locator("#measured tbody tr").First).ToContainTextAsync("MB/s");
        await visitor.Page.ShouldHaveNoBarriersAsync("measured");
        await visitor.Button("Use gzip 6").ClickAsync();
        await Assertions.Expect(visitor.Field("Compression")).ToHaveValueAsync("Gzip");
        await Assertions.Expect(visitor.Field("Level")).ToHaveValueAsync("6");
        await Assertions.Expect(visitor.Text("Measured here:")).ToBeVisibleAsync();

        await visitor.GoAsync("/jobs/new");
        await visitor.Text("Measured on this machine").ClickAsync();
        await Assertions.Expect(visitor.Button("Use zstd 3")).ToHaveAttributeAsync("aria-pressed", "true");
        visitor.Faults.ShouldBeEmpty();
    }
}
