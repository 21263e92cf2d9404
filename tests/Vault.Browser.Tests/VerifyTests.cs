using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>Backups are read back by a button; what is damaged is red wherever a person looks.</summary>
public sealed class VerifyTests(Chrome chrome)
{
    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task A_person_verifies_a_backup_sees_the_date_and_sees_red_when_the_file_is_damaged(Theme theme, Device device)
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server, device, theme);
        await Shop.SetUpAsync(visitor, cluster);
        await visitor.BackUpNowAsync(Shop.Job);
        await visitor.RunEndsAsync("Succeeded");
        await visitor.Link("Go to the backup").ClickAsync();
        await Assertions.Expect(visitor.Text("Never verified").First).ToBeVisibleAsync();
        var backup = new Uri(visitor.Page.Url).AbsolutePath;

        await VerifyAsync(visitor, "Succeeded");
        await visitor.LogSaysAsync("rows in");
        await visitor.GoAsync(backup);
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Definition).Filter(new() { HasText = "Verified" })).ToContainTextAsync($"{DateTime.UtcNow:yyyy}");
        await visitor.GoAsync("/backups");
        await Assertions.Expect(visitor.Text("Verified just now")).ToBeVisibleAsync();

        Damage(server.BackupFolder);
        await visitor.GoAsync(backup);
        await VerifyAsync(visitor, "Failed");
        await IsRedAsync(visitor, backup);
        await visitor.Button("I know about it").ClickAsync();
        await Assertions.Expect(visitor.Page.Locator("#damage-alert")).ToHaveCountAsync(0);

        Damage(server.BackupFolder);
        await visitor.GoAsync(backup);
        await VerifyAsync(visitor, "Succeeded");
        await visitor.GoAsync(backup);
        await Assertions.Expect(visitor.Page.Locator("header [data-state=Available]")).ToBeVisibleAsync();
        await Assertions.Expect(visitor.Page.Locator("[data-verify-problem]")).ToHaveCountAsync(0);
        visitor.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_schedule_is_set_and_all_that_is_shown_is_verified_at_once()
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server);
        await Shop.SetUpAsync(visitor, cluster);
        for (var i = 0; i < 2; i++)
        {
            await visitor.BackUpNowAsync(Shop.Job);
            await visitor.RunEndsAsync("Succeeded");
        }

        await visitor.GoAsync("/settings/verification");
        await Assertions.Expect(visitor.Field("Runs")).ToHaveValueAsync("Weekly");
        await Assertions.Expect(visitor.Field("At")).ToHaveValueAsync("04:00");
        await visitor.Field("Runs").SelectOptionAsync("Daily");
        await visitor.Field("At most so many backups").FillAsync("7");
        await visitor.Page.ShouldHaveNoBarriersAsync("verification");
        await visitor.Button("Save").ClickAsync();
        await Assertions.Expect(visitor.Text("Next verification:")).ToBeVisibleAsync();
        await visitor.Page.ReloadAsync();
        await visitor.CircuitIsReadyAsync();
        await Assertions.Expect(visitor.Field("Runs")).ToHaveValueAsync("Daily");
        await Assertions.Expect(visitor.Field("At most so many backups")).ToHaveValueAsync("7");

        await visitor.GoAsync("/backups");
        await visitor.Button("Verify all shown").ClickAsync();
        await Assertions.Expect(visitor.Text("Verify 2 backups, ")).ToBeVisibleAsync();
        await visitor.Page.ShouldHaveNoBarriersAsync("verify all, asked");
        await visitor.Button("Start verifying").ClickAsync();
        await Assertions.Expect(visitor.Text("2 verifies queued.")).ToBeVisibleAsync();
        await visitor.Link("See the runs").ClickAsync();
        await Assertions.Expect(visitor.Page.Locator("tr").Filter(new() { HasText = "Verify" }).Locator("[data-state=Succeeded]")).ToHaveCountAsync(2, new() { Timeout = 60_000 });
        visitor.Faults.ShouldBeEmpty();
    }

    private static async Task VerifyAsync(Visitor visitor, string end)
    {
        await visitor.Button("Verify").ClickAsync();
        await visitor.RunPageIsOpenAsync();
        await visitor.RunEndsAsync(end);
    }

    private static async Task IsRedAsync(Visitor visitor, string backup)
    {
        foreach (var (path, name) in new[] { ("/", "overview"), ("/backups", "backups"), ("/jobs", "jobs"), (backup, "backup") })
        {
            await visitor.GoAsync(path);
            await Assertions.Expect(visitor.Page.Locator("#damage-alert")).ToContainTextAsync("1 backup failed verification");
            await Assertions.Expect(visitor.Page.Locator(path == "/" ? "[data-state=Unprotected]" : "[data-state=Damaged]").First).ToBeVisibleAsync();
            await visitor.Page.ShouldHaveNoBarriersAsync($"{name}, damaged");
        }

        await Assertions.Expect(visitor.Page.Locator("[data-verify-problem=tag-mismatch]")).ToContainTextAsync("Copy the file");
        await Assertions.Expect(visitor.Link("Restore")).ToHaveCountAsync(0);
        await visitor.GoAsync("/");
        await Assertions.Expect(visitor.Text("Its newest backup is damaged.")).ToBeVisibleAsync();
    }

    /// <summary>Turns one bit of the only backup; done twice, it is as it was.</summary>
    private static void Damage(string folder)
    {
        var file = Directory.GetFiles(folder, "*.enc", SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
    }
}
