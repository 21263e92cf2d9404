using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>What only the pages can show: what a role sees, and that a stored password is asked for again.</summary>
public sealed class AccountPagesTests(Chrome chrome)
{
    [Fact]
    public async Task An_admin_adds_a_viewer_who_sees_everything_and_can_change_nothing()
    {
        await using var server = await VaultServer.StartAsync();
        await using var admin = await chrome.VisitAsync(server);
        await admin.StartFirstAsync();
        await admin.CreateProfileAsync("Home key");
        await admin.GoAsync("/settings/accounts");
        await admin.Button("Add account").ClickAsync();
        var dialog = admin.Page.GetByRole(AriaRole.Dialog).Filter(new() { Visible = true });
        await dialog.GetByLabel("Account").FillAsync("grace");
        await dialog.GetByLabel("Password").FillAsync(Visitor.Password);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add account" }).ClickAsync();
        await Assertions.Expect(admin.Page.GetByRole(AriaRole.Cell, new() { Name = "grace", Exact = true })).ToBeVisibleAsync();
        await admin.GoAsync("/audit");
        var entry = admin.Page.Locator("tr", new() { HasText = "account-created" });
        await Assertions.Expect(entry).ToContainTextAsync("grace (Viewer)");
        await Assertions.Expect(entry).ToContainTextAsync("127.0.0.1");

        await using var viewer = await chrome.VisitAsync(server);
        await viewer.Page.GotoAsync("/sign-in");
        await viewer.Field("Account").FillAsync("grace");
        await viewer.Field("Password").FillAsync(Visitor.Password);
        await viewer.Button("Sign in").ClickAsync();
        await viewer.CircuitIsReadyAsync();
        await viewer.GoAsync("/settings/vault");
        await Assertions.Expect(viewer.Page.Locator("tr[data-profile='Home key']")).ToBeVisibleAsync();
        foreach (var forbidden in new[] { "Recovery Kit", "Copy Key", "Import Key", "Create profile", "Delete Home key" })
            await Assertions.Expect(viewer.Button(forbidden)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_source_that_moves_to_another_host_asks_for_its_password_again()
    {
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server);
        await visitor.StartFirstAsync();
        await visitor.GoAsync("/sources/new");
        await visitor.Page.GetByLabel("DATABASE_URL").FillAsync("postgres://ada:canary-pw@127.0.0.1:1/shop");
        await visitor.Button("Fill the form").ClickAsync();
        await Assertions.Expect(visitor.Page.GetByLabel("DATABASE_URL")).ToHaveValueAsync("");
        await visitor.Field("Name").FillAsync("Shop");
        await visitor.Button("Test").ClickAsync();
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Heading, new() { Name = "A backup would fail" })).ToBeVisibleAsync();
        var message = await visitor.Page.Locator("[data-problem] .notice-title").InnerTextAsync();
        await Assertions.Expect(visitor.Page.GetByText(message)).ToHaveCountAsync(1);
        await visitor.Button("Save").ClickAsync();
        await visitor.Link("Shop").ClickAsync();

        await Assertions.Expect(visitor.Page.Locator("#source-host")).ToHaveValueAsync("127.0.0.1");
        (await visitor.Page.ContentAsync()).ShouldNotContain("canary-pw");
        await visitor.Page.Locator("#source-host").FillAsync("elsewhere.example");
        await visitor.Button("Save").ClickAsync();
        await Assertions.Expect(visitor.Page.Locator("[data-problem=secret-needed]")).ToBeVisibleAsync();
        visitor.Faults.ShouldBeEmpty();
        server.Output.ShouldNotContain("canary-pw");
    }
}
