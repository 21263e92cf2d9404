namespace Vault.Server.Http;

internal static class Announcement
{
    /// <summary>The one line that a person who starts Vault by hand looks for.</summary>
    public static void AnnounceAddress(this WebApplication app) =>
        app.Lifetime.ApplicationStarted.Register(() => Console.Out.WriteLine($"Vault is on {string.Join(" and ", app.Urls)} (Ctrl+C stops it)"));
}
