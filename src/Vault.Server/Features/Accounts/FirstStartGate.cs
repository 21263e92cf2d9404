using Microsoft.AspNetCore.StaticAssets;

namespace Vault.Server.Features.Accounts;

/// <summary>While there is no account, every page leads to the one that makes the first admin; afterwards that page is gone.</summary>
internal sealed class FirstStartGate(RequestDelegate next, AccountService accounts)
{
    private const string Page = "/first-start";

    public async Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path;
        var isOpen = path.StartsWithSegments("/health")
            || context.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null;
        if (isOpen || path.StartsWithSegments(Page) != await accounts.HasAnyAsync())
            await next(context);
        else
            context.Response.Redirect(path.StartsWithSegments(Page) ? "/sign-in" : Page);
    }
}
