using System.Diagnostics;
using System.Net;
using System.Text.Json;
using AngleSharp.Html.Parser;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Tests.Runs;

public sealed class HubTests : IDisposable
{
    private const string Password = "correct horse battery staple";
    private readonly TempFolder folder = new();

    [Fact]
    public async Task The_npm_client_follows_a_run_from_any_line_to_its_end_without_a_gap()
    {
        await using var vault = TestVault.Start(folder.Path, hasPort: true);
        var cookie = await SignInAsync(vault);
        var live = await StartRunAsync(vault);
        for (var i = 1; i <= 50; i++) live.Log.Write(LogLevel.Info, $"before {i}");
        var following = FollowAsync(vault, live.Id, 11, cookie);
        var writing = Task.Run(async () =>
        {
            live.Log.Phase("Dumping");
            for (var i = 1; i <= 200; i++)
            {
                live.Log.Write(LogLevel.Info, $"during {i}");
                ((Vault.Core.Engines.IRunLog)live.Log).Progress(i * 1000, 200_000);
                await Task.Delay(10);
            }
        });
        await writing;
        await Eventually.TrueAsync(() => live.Log.LastSeq == 251, "all lines are written");
        // The client may still be starting: it then reads what it missed from the store.
        await EndAsync(vault, live);

        var seen = JsonDocument.Parse(await following).RootElement;

        seen.GetProperty("seqs").EnumerateArray().Select(e => e.GetInt64()).ShouldBe(Enumerable.Range(11, 241).Select(i => (long)i));
        seen.GetProperty("texts").GetInt32().ShouldBe(241);
        seen.GetProperty("states").EnumerateArray().Last().GetString().ShouldBe("Succeeded");
    }

    [Fact]
    public async Task A_stranger_gets_nothing_from_the_hub_nor_from_a_download()
    {
        await using var vault = TestVault.Start(folder.Path, hasPort: true);
        await SignInAsync(vault);
        var live = await StartRunAsync(vault);
        live.Log.Write(LogLevel.Info, "canary line");
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });

        var answer = await FollowAsync(vault, live.Id, 1, cookie: null);
        var download = await client.GetAsync(new Uri(vault.ClientOptions.BaseAddress, $"runs/{live.Id}/log.txt"));

        JsonDocument.Parse(answer).RootElement.TryGetProperty("refused", out _).ShouldBeTrue(answer);
        download.StatusCode.ShouldNotBe(HttpStatusCode.OK);
        (await download.Content.ReadAsStringAsync()).ShouldNotContain("canary");
        await EndAsync(vault, live);
    }

    [Fact]
    public async Task The_whole_log_is_downloaded_as_text()
    {
        await using var vault = TestVault.Start(folder.Path, hasPort: true);
        var cookie = await SignInAsync(vault);
        var live = await StartRunAsync(vault);
        for (var i = 1; i <= 2500; i++) live.Log.Write(LogLevel.Info, $"line {i}");
        await EndAsync(vault, live);
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false });
        client.DefaultRequestHeaders.Add("Cookie", cookie);

        var text = await client.GetStringAsync(new Uri(vault.ClientOptions.BaseAddress, $"runs/{live.Id}/log.txt"));

        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(2500);
        lines[2499].ShouldEndWith("line 2500");
    }

    public void Dispose() => folder.Dispose();

    private static async Task<LiveRun> StartRunAsync(TestVault vault)
    {
        var run = new Run { Id = Guid.CreateVersion7(), State = RunState.Running, Title = "t", StartedBy = "t", RequestJson = "{}", QueuedAt = DateTimeOffset.UtcNow };
        await using var db = vault.Db();
        db.Runs.Add(run);
        await db.SaveChangesAsync();
        return await vault.Services.GetRequiredService<LiveRuns>().OpenAsync(run.Id);
    }

    private static async Task EndAsync(TestVault vault, LiveRun live)
    {
        await live.Log.DisposeAsync();
        await using var db = vault.Db();
        (await db.Runs.FindAsync(live.Id))!.State = RunState.Succeeded;
        await db.SaveChangesAsync();
        vault.Services.GetRequiredService<LiveRuns>().Close(live, new RunStatus(RunState.Succeeded, null, null, null));
    }

    /// <returns>The cookie header of a signed-in person.</returns>
    private static async Task<string> SignInAsync(TestVault vault)
    {
        (await vault.Services.GetRequiredService<AccountService>().CreateFirstAdminAsync("ada", Password, TestVault.Ada)).ShouldBeNull();
        var cookies = new CookieContainer();
        using var client = new HttpClient(new HttpClientHandler { CookieContainer = cookies }) { BaseAddress = vault.ClientOptions.BaseAddress };
        var page = new HtmlParser().ParseDocument(await client.GetStringAsync(new Uri("sign-in", UriKind.Relative)));
        var fields = page.QuerySelectorAll("form input").Where(i => i.GetAttribute("name") is not null)
            .ToDictionary(i => i.GetAttribute("name")!, i => i.GetAttribute("value") ?? "");
        fields["Input.Name"] = "ada";
        fields["Input.Password"] = Password;
        using var form = new FormUrlEncodedContent(fields);
        var answer = await client.PostAsync(new Uri("sign-in", UriKind.Relative), form);
        var header = cookies.GetCookieHeader(vault.ClientOptions.BaseAddress);
        header.ShouldContain("=", customMessage: $"{answer.StatusCode}");
        return header;
    }

    private static async Task<string> FollowAsync(TestVault vault, Guid runId, long fromSeq, string? cookie)
    {
        var script = Path.Combine(Folder(), "node", "follow.mjs");
        var start = new ProcessStartInfo("node", [script, vault.ClientOptions.BaseAddress.ToString().TrimEnd('/'), runId.ToString(), fromSeq.ToString()]) { RedirectStandardOutput = true };
        start.Environment["VAULT_COOKIE"] = cookie ?? "";
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return output;
    }

    private static string Folder([System.Runtime.CompilerServices.CallerFilePath] string file = "") => Path.GetDirectoryName(Path.GetDirectoryName(file))!;
}
