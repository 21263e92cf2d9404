using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>Pictures for the README, taken only when VAULT_SCREENSHOTS=1, so that a test run leaves the tree as it was.</summary>
internal static class Screenshots
{
    public static bool AreWanted { get; } = Environment.GetEnvironmentVariable("VAULT_SCREENSHOTS") == "1";

    public static async Task TakeAsync(IPage page, string name, Theme theme, Device device)
    {
        if (!AreWanted) return;
        // Fonts first: a picture with the fallback font is no picture of Vault.
        await page.EvaluateAsync("document.fonts.ready.then(() => true)");
        await page.ScreenshotAsync(new()
        {
            Path = Path.Combine(PublishedServer.RepositoryRoot, "docs", "images", $"{name}-{Word(theme)}-{Word(device)}.png"),
            Animations = ScreenshotAnimations.Disabled,
        });
    }

    private static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
