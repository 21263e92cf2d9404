using Microsoft.AspNetCore.StaticAssets;

namespace Vault.Server.Http;

/// <summary>The headers that every answer carries, also errors and files.</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    // Radzen sets style attributes, hence 'unsafe-inline' for styles alone. 'self' covers the circuit's web socket.
    private const string ContentSecurityPolicy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        // Just before the answer starts, so that no later component can weaken them.
        context.Response.OnStarting(static state =>
        {
            var answering = (HttpContext)state;
            Write(answering.Response.Headers);
            // Logs, metadata and pages stay in no cache; only the program's own files may.
            if (answering.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is null)
                answering.Response.Headers.CacheControl = "no-store";
            return Task.CompletedTask;
        }, context);
        return next(context);
    }

    private static void Write(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }
}
