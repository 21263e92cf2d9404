using Microsoft.Extensions.DependencyInjection.Extensions;
using Radzen;

namespace Vault.Server.Features.Shell;

/// <summary>The frame of every page: layout, theme, shared pieces, answers to wrong addresses and unexpected errors.</summary>
internal static class ShellServices
{
    public static void AddShell(this WebApplicationBuilder builder)
    {
        // Built but not published, the pages' files still lie in their projects; without this line only "Development" finds them.
        builder.WebHost.UseStaticWebAssets();
        var services = builder.Services;
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddRadzenComponents();
        services.AddCascadingAuthenticationState();
        services.AddAuthorizationCore();
        services.AddScoped<ViewerZone>();
        services.AddScoped<ViewerClock>();
        services.TryAddSingleton(TimeProvider.System);
    }

    /// <summary>First in the pipeline.</summary>
    public static void UseShell(this WebApplication app)
    {
        app.UseExceptionHandler("/error", createScopeForErrors: true);
        // Programs keep their bare answers; only someone who reads pages gets one.
        app.UseWhen(
            context => context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase),
            pages => pages.UseStatusCodePagesWithReExecute("/status/{0}", createScopeForStatusCodePages: true));
        // After the lines above, so that what they execute again is routed again.
        app.UseRouting();
    }

    public static void MapShell(this WebApplication app)
    {
        app.MapStaticAssets().AllowAnonymous();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
    }
}
