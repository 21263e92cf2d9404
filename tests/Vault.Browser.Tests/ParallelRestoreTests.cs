using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>R5 as people see it: what touches the disk is said before it does, and can be forbidden.</summary>
public sealed class ParallelRestoreTests(Chrome chrome)
{
    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task A_large_restore_uses_more_connections_until_somebody_forbids_it(Theme theme, Device device)
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server, device, theme);
        await Shop.SetUpAsync(visitor, cluster, "custom");
        await visitor.BackUpNowAsync(Shop.Job);
        await visitor.RunEndsAsync("Succeeded");

        var connections = visitor.Page.GetByLabel("Parallel connections");
        await visitor.RestoreIntoNewAsync("Shop", "shop_back", LookAtPlanAsync, FillTargetAsync);
        await visitor.RunEndsAsync("Succeeded");
        (await visitor.WholeLogAsync()).ShouldContain("Restoring over 2 connections at once.");
        await Shop.IsEqualAsync(cluster, "shop_back");

        await visitor.GoAsync("/settings");
        await visitor.Page.GetByLabel("Forbidden").CheckAsync();
        await visitor.Button("Save spool setting").ClickAsync();
        await Assertions.Expect(visitor.Page.GetByText("Saved.")).ToBeVisibleAsync();
        await visitor.Page.ShouldHaveNoBarriersAsync("settings, spool forbidden");
        await visitor.OpenRestoreAsync("Shop");
        await Assertions.Expect(visitor.Page.GetByText("which this vault forbids")).ToBeVisibleAsync();
        await Assertions.Expect(connections).ToHaveCountAsync(0);
        visitor.Faults.ShouldBeEmpty();

        async Task FillTargetAsync()
        {
            await Assertions.Expect(connections).ToHaveValueAsync("1");
            await Assertions.Expect(visitor.Page.GetByText("writes the unpacked dump, NOT encrypted, to")).ToBeVisibleAsync();
            await visitor.Page.ShouldHaveNoBarriersAsync("restore, parallel connections");
            await connections.FillAsync("2");
        }

        async Task LookAtPlanAsync()
        {
            await Assertions.Expect(visitor.Page.Locator("#restore-plan")).ToContainTextAsync("NOT encrypted");
            await visitor.Page.ShouldHaveNoBarriersAsync("restore, parallel plan");
        }
    }

    [Fact]
    public async Task A_script_says_why_it_is_restored_over_one_connection()
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server);
        await Shop.SetUpAsync(visitor, cluster, "plain");
        await visitor.BackUpNowAsync(Shop.Job);
        await visitor.RunEndsAsync("Succeeded");
        await visitor.OpenRestoreAsync("Shop");
        await Assertions.Expect(visitor.Page.GetByText("This dump is of the format plain, which is restored over 1 connection.")).ToBeVisibleAsync();
        await Assertions.Expect(visitor.Page.GetByLabel("Parallel connections")).ToHaveCountAsync(0);
    }
}
