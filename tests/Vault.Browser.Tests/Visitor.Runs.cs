using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Vault.Browser.Tests;

internal sealed partial class Visitor
{
    private const float RunLimitMs = 120_000;

    private ILocator Log => Page.GetByRole(AriaRole.Log);

    private ILocator State(string word) => Page.Locator($"header [data-state={word}]");

    /// <summary>Presses "Back up now" in the list of jobs and is on the page of the run.</summary>
    public async Task BackUpNowAsync(string job)
    {
        await GoAsync("/jobs");
        await Page.GetByRole(AriaRole.Button, new() { Name = $"Back up now {job}" }).ClickAsync();
        await RunPageIsOpenAsync();
    }

    public async Task RunPageIsOpenAsync()
    {
        await Page.WaitForURLAsync("**/runs/*-*");
        await Assertions.Expect(Log).ToBeVisibleAsync();
    }

    public async Task RunEndsAsync(string state)
    {
        try
        {
            await Assertions.Expect(State(state)).ToBeVisibleAsync(new() { Timeout = RunLimitMs });
        }
        catch (PlaywrightException late)
        {
            throw new TimeoutException($"The run does not become {state}.\n{await DescribeAsync()}", late);
        }
    }

    /// <summary>The bar with a known share, bytes, rate and time left, while the run is Running.</summary>
    public async Task SeesProgressAsync()
    {
        await Assertions.Expect(Page.GetByRole(AriaRole.Progressbar)).ToHaveAttributeAsync("aria-valuenow", Share());
        await Assertions.Expect(Page.Locator("#run-progress")).ToHaveTextAsync(BytesRateAndTimeLeft(), new() { Timeout = RunLimitMs });
        await Assertions.Expect(State("Running")).ToBeVisibleAsync();
    }

    /// <summary>More bytes are done than a moment ago.</summary>
    public async Task ProgressMovesAsync()
    {
        var done = Page.Locator("#run-progress [title]").First;
        var before = await done.GetAttributeAsync("title") ?? "";
        await Assertions.Expect(done).Not.ToHaveAttributeAsync("title", before, new() { Timeout = RunLimitMs });
    }

    [GeneratedRegex("^[0-9]+$")]
    private static partial Regex Share();

    [GeneratedRegex(@"B of about .*B/s.* left")]
    private static partial Regex BytesRateAndTimeLeft();

    public Task LogSaysAsync(string text) => Assertions.Expect(Log.GetByText(text).First).ToBeVisibleAsync(new() { Timeout = RunLimitMs });

    /// <summary>The whole log, as the page gives it for download.</summary>
    public async Task<string> WholeLogAsync()
    {
        var answer = await Page.APIRequest.GetAsync($"{Page.Url.Split('?')[0]}/log.txt");
        answer.Ok.ShouldBeTrue();
        return await answer.TextAsync();
    }
}
