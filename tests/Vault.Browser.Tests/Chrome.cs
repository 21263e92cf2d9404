using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Vault.Browser.Tests.Chrome))]

// Two cores: one browser, one server and one database at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Vault.Browser.Tests;

public enum Theme { Light, Dark }

public enum Device { Desktop, Phone }

/// <summary>One browser for all tests; each visitor has a context of its own.</summary>
public sealed class Chrome : IAsyncLifetime
{
    private static readonly string[] arguments =
        ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    private IPlaywright? playwright;
    private IBrowser? browser;

    public async ValueTask InitializeAsync()
    {
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = "/usr/bin/chromium", Args = arguments });
    }

    internal async Task<Visitor> VisitAsync(VaultServer server, Device device = Device.Desktop, Theme theme = Theme.Light) =>
        new(await (await NewContextAsync(server.Url, device, theme)).NewPageAsync(), server);

    /// <summary>A page from disk, for somebody who has no server any more: without a network.</summary>
    internal async Task<IPage> OpenFileAsync(string path, Device device = Device.Desktop, Theme theme = Theme.Light)
    {
        var context = await NewContextAsync(null, device, theme);
        await context.SetOfflineAsync(true);
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(path).AbsoluteUri);
        return page;
    }

    private async Task<IBrowserContext> NewContextAsync(string? baseUrl, Device device, Theme theme)
    {
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = baseUrl,
            ViewportSize = device == Device.Phone ? new ViewportSize { Width = 390, Height = 844 } : new ViewportSize { Width = 1280, Height = 900 },
            ColorScheme = theme == Theme.Dark ? ColorScheme.Dark : ColorScheme.Light,
            Permissions = ["clipboard-read", "clipboard-write"],
            TimezoneId = "Europe/Berlin",
            Locale = "en-GB",
        });
        context.SetDefaultTimeout(15_000);
        return context;
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
    }
}
