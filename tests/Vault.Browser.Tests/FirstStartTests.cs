using Microsoft.Playwright;

namespace Vault.Browser.Tests;

public sealed class FirstStartTests(Chrome chrome)
{
    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task An_empty_vault_shows_nothing_but_the_form_for_the_first_account_and_then_asks_to_sign_in(Theme theme, Device device)
    {
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server, device, theme);
        foreach (var path in new[] { "/", "/backups", "/settings/vault", "/sign-in" })
        {
            await visitor.Page.GotoAsync(path);
            new Uri(visitor.Page.Url).AbsolutePath.ShouldBe("/first-start", path);
        }

        await visitor.Page.ShouldHaveNoBarriersAsync("first start");
        await Screenshots.TakeAsync(visitor.Page, "first-start", theme, device);
        await visitor.StartFirstAsync();

        await using var stranger = await chrome.VisitAsync(server, device, theme);
        await stranger.Page.GotoAsync("/first-start");
        new Uri(stranger.Page.Url).AbsolutePath.ShouldBe("/sign-in");
        await stranger.Page.GotoAsync("/backups");
        new Uri(stranger.Page.Url).AbsolutePath.ShouldBe("/sign-in");
        await stranger.Page.ShouldHaveNoBarriersAsync("sign-in");
        await Screenshots.TakeAsync(stranger.Page, "sign-in", theme, device);
        await stranger.Field("Account").FillAsync(Visitor.Account);
        await stranger.Field("Password").FillAsync("not the password at all");
        await stranger.Button("Sign in").ClickAsync();
        await Assertions.Expect(stranger.Page.GetByRole(AriaRole.Alert).First).ToBeVisibleAsync();
        await stranger.SignInAsync();
    }

    [Fact]
    public async Task Signing_in_needs_no_mouse()
    {
        await using var server = await VaultServer.StartAsync();
        await using (var owner = await chrome.VisitAsync(server)) await owner.StartFirstAsync();
        await using var visitor = await chrome.VisitAsync(server);
        await visitor.Page.GotoAsync("/sign-in");
        await visitor.FocusByTabAsync(visitor.Field("Account"));
        await visitor.Page.Keyboard.TypeAsync(Visitor.Account);
        await visitor.FocusByTabAsync(visitor.Field("Password"));
        await visitor.Page.Keyboard.TypeAsync(Visitor.Password);
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.CircuitIsReadyAsync();
    }
}
