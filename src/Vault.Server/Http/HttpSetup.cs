using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace Vault.Server.Http;

internal static class HttpSetup
{
    /// <summary>Published, the pages' files lie beside the program, wherever it is started from. Null: the current folder.</summary>
    public static string? ContentRoot => Directory.Exists(Path.Combine(AppContext.BaseDirectory, "wwwroot")) ? AppContext.BaseDirectory : null;

    public static void AddHttp(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseUrls(Addresses(builder.Configuration).Split(';'));
        builder.Services.AddHsts(hsts => hsts.MaxAge = TimeSpan.FromDays(365));
        builder.Services.AddHealthChecks();
        builder.Services.AddHttpContextAccessor();
        builder.Services.Configure<ForwardedHeadersOptions>(o => TrustProxies(o, builder.Configuration["VAULT_TRUSTED_PROXIES"]));
    }

    /// <summary>First in the pipeline: the address and scheme that a trusted proxy reports, then the headers of every answer.</summary>
    public static void UseHttp(this WebApplication app)
    {
        if (!string.IsNullOrWhiteSpace(app.Configuration["VAULT_TRUSTED_PROXIES"]))
            app.UseForwardedHeaders();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<SameOrigin>();
        app.UseHsts();
    }

    /// <summary>Anonymous, and without facts: an answer says up or not.</summary>
    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new() { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready").AllowAnonymous();
    }

    private static string Addresses(ConfigurationManager configuration) =>
        configuration["VAULT_URLS"] ?? configuration["URLS"] ?? "http://localhost:5080";

    private static void TrustProxies(ForwardedHeadersOptions options, string? proxies)
    {
        options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in (proxies ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
            if (proxy.Contains('/', StringComparison.Ordinal))
                options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
            else
                options.KnownProxies.Add(IPAddress.Parse(proxy));
    }
}
