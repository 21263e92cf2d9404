using Microsoft.Playwright;

namespace Vault.Browser.Tests;

public sealed class NotificationsTests(Chrome chrome)
{
    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task An_admin_names_a_webhook_is_told_that_it_does_not_answer_and_removes_it(Theme theme, Device device)
    {
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server, device, theme);
        await visitor.StartFirstAsync();
        await visitor.GoAsync("/settings/notifications");
        await Assertions.Expect(visitor.Text("Nobody is told")).ToBeVisibleAsync();
        await visitor.Field("Webhook address").FillAsync("file:///etc/passwd");
        await visitor.Button("Save").ClickAsync();
        await Assertions.Expect(visitor.Page.Locator("[data-problem=webhook-invalid]")).ToBeVisibleAsync();
        // Port 9 answers nobody.
        await visitor.Field("Webhook address").FillAsync("http://127.0.0.1:9/topic");
        await visitor.Button("Save").ClickAsync();
        await Assertions.Expect(visitor.Text("Saved.")).ToBeVisibleAsync();
        await Assertions.Expect(visitor.Field("Webhook address")).ToHaveValueAsync("");
        await visitor.Button("Send a test").ClickAsync();
        await Assertions.Expect(visitor.Text("The last notification was not delivered")).ToBeVisibleAsync();
        await visitor.Page.ShouldHaveNoBarriersAsync("notifications, not delivered");
        await visitor.Button("Remove").ClickAsync();
        await Assertions.Expect(visitor.Text("Nobody is told")).ToBeVisibleAsync();
        visitor.Faults.ShouldBeEmpty();
    }
}
