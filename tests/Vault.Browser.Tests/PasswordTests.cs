using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>A backup with a password instead of a profile, and its way back.</summary>
public sealed class PasswordTests(Chrome chrome)
{
    private const string Secret = "Four random words, here";

    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task A_backup_with_a_password_comes_back_with_it_and_a_wrong_one_is_told_before_anything_begins(Theme theme, Device device)
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server, device, theme);
        await Shop.SetUpAsync(visitor, cluster);
        await visitor.BackUpWithPasswordAsync(Shop.Job, Secret, () => LookAsync(visitor, "password-dialog", theme, device));
        await visitor.RunEndsAsync("Succeeded");
        await visitor.Link("Go to the backup").ClickAsync();
        await Assertions.Expect(visitor.Text("Vault does not keep it")).ToBeVisibleAsync();
        await LookAsync(visitor, "password-backup", theme, device);

        await visitor.RestoreIntoNewAsync("Shop", "shop_back", async () =>
        {
            await visitor.TypeBackupPasswordAsync("four random words, here");
            await Assertions.Expect(visitor.Button("Restore into shop_back")).ToBeEnabledAsync();
            await visitor.Page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(visitor.Page.Locator("#restore-password-error")).ToContainTextAsync("Wrong password");
            await Assertions.Expect(visitor.Page.Locator("#restore-password")).ToBeFocusedAsync();
            await Assertions.Expect(visitor.Page.Locator("#restore-password-error")).ToBeInViewportAsync(new() { Ratio = 1 });
            await LookAsync(visitor, "password-wrong", theme, device);
            (await cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'shop_%'")).ShouldBe(0);
            await visitor.TypeBackupPasswordAsync(Secret);
        });
        await visitor.RunEndsAsync("Succeeded");
        await Shop.IsEqualAsync(cluster, "shop_back");

        await visitor.GoAsync("/backups?profile=password");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = "Shop", Exact = true })).ToBeVisibleAsync();
        await LookAsync(visitor, "password-list", theme, device);
        visitor.Faults.ShouldBeEmpty();
        visitor.Server.Output.ShouldNotContain(Secret);
    }

    [Fact]
    public async Task The_dialog_tells_what_is_wrong_with_a_password_and_starts_nothing()
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server);
        await Shop.SetUpAsync(visitor, cluster);
        await visitor.GoAsync("/jobs");
        await LookAsync(visitor, "password-jobs", Theme.Light, Device.Desktop);
        await visitor.LookAtDialogAsync($"Back up {Shop.Job} with a password…");
        await visitor.Link(Shop.Job).ClickAsync();
        await visitor.LookAtDialogAsync("Back up with a password…");

        await visitor.Button("Back up with a password…").ClickAsync();
        await visitor.TypeNewPasswordAsync("short", "short");
        await Assertions.Expect(visitor.Text("Too short: 5 of at least 8 characters.")).ToBeVisibleAsync();
        await visitor.Button("Back up with this password").ClickAsync();
        await Assertions.Expect(visitor.Text("a stolen backup could be opened by guessing")).ToBeVisibleAsync();
        await visitor.TypeNewPasswordAsync(Secret, Secret + "!");
        await visitor.Button("Back up with this password").ClickAsync();
        await Assertions.Expect(visitor.Text("The two passwords are not the same")).ToBeVisibleAsync();
        await visitor.Button("Show the password").ClickAsync();
        await Assertions.Expect(visitor.Page.Locator("#backup-password")).ToHaveAttributeAsync("type", "text");
        await LookAsync(visitor, "password-refused", Theme.Light, Device.Desktop);
        await visitor.Button("Cancel").ClickAsync();
        await visitor.GoAsync("/runs");
        await Assertions.Expect(visitor.Text("Nothing ran yet")).ToBeVisibleAsync();
        visitor.Faults.ShouldBeEmpty();
    }

    private static async Task LookAsync(Visitor visitor, string name, Theme theme, Device device)
    {
        await visitor.Page.ShouldHaveNoBarriersAsync(name);
        await Screenshots.TakeAsync(visitor.Page, name, theme, device);
    }
}
