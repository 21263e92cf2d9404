using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>What a person does with Vault, from the first start to the day the server is lost.</summary>
public sealed class JourneyTests(Chrome chrome)
{
    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task A_newcomer_adds_a_source_a_profile_and_a_job_backs_up_and_watches(Theme theme, Device device)
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server, device, theme);
        await Shop.SetUpAsync(visitor, cluster);
        await visitor.BackUpNowAsync(Shop.Job);
        await visitor.RunEndsAsync("Succeeded");
        await visitor.Page.ShouldHaveNoBarriersAsync("run");
        await Screenshots.TakeAsync(visitor.Page, "run", theme, device);
        (await visitor.WholeLogAsync()).ShouldContain("pg_dump");

        // Closed and opened again, the whole log is there.
        var address = visitor.Page.Url;
        await visitor.GoAsync("/runs");
        await visitor.Page.ShouldHaveNoBarriersAsync("runs");
        await visitor.GoAsync(address);
        await visitor.LogSaysAsync("pg_dump");
        Directory.GetFiles(server.BackupFolder, "*.enc", SearchOption.AllDirectories).Length.ShouldBe(1);
        Directory.GetFiles(server.BackupFolder, "*.enc.meta.json", SearchOption.AllDirectories).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_run_shows_lines_bar_rate_and_time_left_while_it_is_at_work_also_when_it_is_opened_again()
    {
        await using var cluster = await Shop.ClusterAsync();
        await cluster.ExecuteAsync("shop", "CREATE TABLE shop.bulk AS SELECT n, md5(n::text) || md5((n * 7)::text) AS filler FROM generate_series(1, 1000000) n");
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server);
        await Shop.SetUpAsync(visitor, cluster);
        // The slowest compression there is: the run is at work for as long as the test needs.
        await visitor.AddJobAsync("Slow", change: visitor.ChooseSlowestCompressionAsync);
        await visitor.BackUpNowAsync("Slow");

        await visitor.SeesProgressAsync();
        await visitor.LogSaysAsync("dumping contents of table");
        await visitor.Page.ReloadAsync();
        await visitor.CircuitIsReadyAsync();
        await visitor.SeesProgressAsync();
        await visitor.LogSaysAsync("dumping contents of table");
        await visitor.ProgressMovesAsync();
        await visitor.Page.ShouldHaveNoBarriersAsync("a run at work");

        await visitor.Button("Cancel run").ClickAsync();
        await visitor.RunEndsAsync("Cancelled");
        Directory.GetFiles(server.BackupFolder, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Cancel_ends_a_running_backup_within_seconds_and_leaves_nothing()
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server);
        await Shop.SetUpAsync(visitor, cluster);
        // A lock that pg_dump waits for: the run is in the middle for as long as the test needs.
        await using var blocker = new Npgsql.NpgsqlConnection(cluster.ConnectionString("shop"));
        await blocker.OpenAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await using (var locking = new Npgsql.NpgsqlCommand("LOCK TABLE shop.customers IN ACCESS EXCLUSIVE MODE", blocker)) await locking.ExecuteNonQueryAsync();
        await visitor.BackUpNowAsync(Shop.Job);
        await Eventually.TrueAsync(async () => await DumpSessionsAsync(cluster) > 0, "pg_dump is at work");

        await visitor.Button("Cancel run").ClickAsync();

        await visitor.RunEndsAsync("Cancelled");
        await Eventually.TrueAsync(async () => await DumpSessionsAsync(cluster) == 0, "no session of pg_dump is left", TimeSpan.FromSeconds(2));
        Directory.GetFiles(server.BackupFolder, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Backing_up_needs_no_mouse()
    {
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server);
        await Shop.SetUpAsync(visitor, cluster);
        await visitor.GoAsync("/");
        await visitor.FocusByTabAsync(visitor.Page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = "Jobs", Exact = true }));
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.FocusByTabAsync(visitor.Page.GetByRole(AriaRole.Button, new() { Name = $"Back up now {Shop.Job}" }));
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.RunPageIsOpenAsync();
        await visitor.RunEndsAsync("Succeeded");
    }

    private static Task<long> DumpSessionsAsync(PostgresCluster cluster) =>
        cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%pg_dump%' OR query LIKE '%LOCK TABLE%ACCESS SHARE%' AND pid <> pg_backend_pid()");
}
