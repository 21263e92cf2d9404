namespace Vault.Server.Features.Accounts;

/// <summary>Where to go after sign-in: a page of this vault, never another site (open redirect).</summary>
internal static class ReturnAddress
{
    public static string Of(string? wanted) => IsLocal(wanted) ? wanted! : "/";

    private static bool IsLocal(string? url) =>
        url is ['/', ..]
        && url is not ['/', '/' or '\\', ..]
        && !url.Any(char.IsControl)
        && !url.Contains('\\', StringComparison.Ordinal);
}
