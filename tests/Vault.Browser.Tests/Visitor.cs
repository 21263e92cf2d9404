using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>A person in front of a browser: finds things by their role and label, as a screen reader does.</summary>
internal sealed partial class Visitor(IPage page, VaultServer server) : IAsyncDisposable
{
    private readonly List<string> faults = Listen(page);

    public IPage Page { get; } = page;

    /// <summary>What the browser's console and network complained about: errors, refused content.</summary>
    public IReadOnlyList<string> Faults => faults;

    public VaultServer Server { get; } = server;

    private static List<string> Listen(IPage page)
    {
        var seen = new List<string>();
        page.Console += (_, message) => { if (message.Type == "error") seen.Add(message.Text); };
        page.PageError += (_, error) => seen.Add(error);
        return seen;
    }

    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await CircuitIsReadyAsync();
    }

    /// <summary>A click before the circuit is attached is lost.</summary>
    public async Task CircuitIsReadyAsync()
    {
        try
        {
            await Page.Locator("[data-circuit=ready]").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"No circuit.\n{await DescribeAsync()}", late);
        }
    }

    /// <summary>What a person would tell when something is not as expected.</summary>
    public async Task<string> DescribeAsync()
    {
        var text = await Page.Locator("body").InnerTextAsync();
        return $"{Page.Url}\n{text[..Math.Min(2000, text.Length)]}\nBrowser: {string.Join("\n", faults)}\nServer: {Server.Output}";
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    public ILocator Field(string label) => Page.GetByLabel(label, new() { Exact = true });

    public ILocator Text(string text) => Page.GetByText(text);

    /// <summary>Presses Tab until the element has the focus.</summary>
    public async Task FocusByTabAsync(ILocator target)
    {
        await target.WaitForAsync();
        for (var presses = 0; presses < 200; presses++)
        {
            if (await target.EvaluateAsync<bool>("element => element === document.activeElement")) return;
            await Page.Keyboard.PressAsync("Tab");
        }

        throw new InvalidOperationException($"The keyboard does not reach {target}.");
    }

    public ValueTask DisposeAsync() => new(Page.Context.CloseAsync());
}
