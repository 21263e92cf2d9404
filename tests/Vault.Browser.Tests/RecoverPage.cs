using System.Security.Cryptography;
using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>recover.html, the very file that people get, in a browser that has no network. The build of the server makes it.</summary>
internal sealed class RecoverPage(IPage page) : IAsyncDisposable
{
    private readonly List<string> faults = Listen(page);

    public static string Path { get; } = System.IO.Path.Combine(PublishedServer.RepositoryRoot, "wwwroot-assets", "dist", "recover", "recover.html");

    public IPage Page { get; } = page;

    /// <summary>Errors of the script, and every address but the page's own that anything asked for.</summary>
    public IReadOnlyList<string> Faults => faults;

    private static List<string> Listen(IPage page)
    {
        var seen = new List<string>();
        page.PageError += (_, error) => seen.Add(error);
        page.Console += (_, message) => { if (message.Type == "error") seen.Add(message.Text); };
        page.Request += (_, request) => { if (!request.Url.StartsWith("blob:", StringComparison.Ordinal)) seen.Add(request.Url); };
        return seen;
    }

    public static async Task<RecoverPage> OpenAsync(Chrome chrome, Device device = Device.Desktop, Theme theme = Theme.Light) =>
        new(await chrome.OpenFileAsync(Path, device, theme));

    /// <summary>As in a browser that cannot write to disk: the dump comes as a download.</summary>
    public Task ForgetTheDiskAsync() => Page.EvaluateAsync("() => { delete window.showSaveFilePicker; }");

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Problem => Page.GetByRole(AriaRole.Alert);

    public async Task GiveAsync(params string[] files) => await Page.GetByLabel("Choose files").SetInputFilesAsync(files);

    public async Task GiveKeyAsync(string key) => await Page.GetByLabel("Master key", new() { Exact = true }).FillAsync(key);

    public async Task GivePasswordAsync(string password) => await Page.GetByLabel("Password", new() { Exact = true }).FillAsync(password);

    /// <summary>SHA-256 of the dump that the browser saved.</summary>
    public async Task<string> RecoverAsync()
    {
        var download = await Page.RunAndWaitForDownloadAsync(() => Button("Recover the dump").ClickAsync(), new() { Timeout = 60_000 });
        await using var stream = File.OpenRead(await download.PathAsync());
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream));
    }

    public ValueTask DisposeAsync() => new(Page.Context.CloseAsync());
}
