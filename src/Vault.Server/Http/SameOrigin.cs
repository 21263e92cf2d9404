namespace Vault.Server.Http;

/// <summary>
/// Refuses live connections that a page of another origin opens, and orders that it posts. Cookies alone do not: SameSite knows no ports, and CORS does
/// not cover WebSockets. Programs send no Origin.
/// </summary>
internal sealed class SameOrigin(RequestDelegate next, ILogger<SameOrigin> log)
{
    private static readonly PathString[] Live = ["/_blazor", "/hubs", "/backups"];

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0 || !Live.Any(path => request.Path.StartsWithSegments(path)) || IsOwn(origin, request.Host))
            return next(context);
        log.LogWarning("A request from another origin was refused. If it was Vault's own page, the proxy in front changes Host: let it pass Host on, or name it in VAULT_TRUSTED_PROXIES and let it send X-Forwarded-Host");
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }

    private static bool IsOwn(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && uri.Authority.Length > 0
        && new HostString(uri.Authority).Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase)
        && uri.Port == (host.Port ?? (uri.Scheme == Uri.UriSchemeHttps ? 443 : 80));
}
