namespace Vault.Server.Features.Shell;

/// <summary>
/// Light, dark or as the system says. The server reads the cookie and marks the style sheets, so that a page is
/// never drawn in the wrong theme first; the browser changes the same marks when the person switches.
/// </summary>
internal static class ThemeChoice
{
    public const string System = "system";

    public static string Read(IRequestCookieCollection cookies) =>
        cookies["vault-theme"] is "light" or "dark" ? cookies["vault-theme"]! : System;

    public static string MediaOf(string theme, string choice) => choice switch
    {
        System => $"(prefers-color-scheme: {theme})",
        _ when choice == theme => "all",
        _ => "not all",
    };
}
