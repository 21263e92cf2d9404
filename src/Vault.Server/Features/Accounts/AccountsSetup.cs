using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Identity;
using Vault.Server.Database;
using Vault.Server.Features.Audit;

namespace Vault.Server.Features.Accounts;

internal static class AccountsSetup
{
    public static readonly TimeSpan StampInterval = TimeSpan.FromMinutes(1);

    private static readonly string[] ThrottledPaths = ["/sign-in", "/first-start"];

    public static void AddAccounts(this IServiceCollection services)
    {
        services.AddIdentityCore<Account>(ConfigureIdentity)
            .AddEntityFrameworkStores<VaultDb>()
            .AddSignInManager()
            .AddClaimsPrincipalFactory<AccountClaims>()
            .AddDefaultTokenProviders();
        services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies();
        services.ConfigureApplicationCookie(ConfigureCookie);
        services.Configure<SecurityStampValidatorOptions>(o => o.ValidationInterval = StampInterval);
        services.AddAuthorization(Policies.Define);
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, AccountRevalidation>();
        services.AddAntiforgery(ConfigureAntiforgery);
        services.AddRateLimiter(o => (o.RejectionStatusCode, o.GlobalLimiter) = (StatusCodes.Status429TooManyRequests, ThrottleByAddress()));
        services.AddSingleton<AccountService>();
        services.AddScoped<SignInService>();
    }

    /// <summary>After routing and static files.</summary>
    public static void UseAccounts(this WebApplication app)
    {
        app.UseRateLimiter();
        app.UseMiddleware<FirstStartGate>();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
    }

    public static void MapAccounts(this WebApplication app) =>
        app.MapPost("/sign-out", async (HttpContext context, IAntiforgery antiforgery, SignInService signIn) =>
        {
            if (!await antiforgery.IsRequestValidAsync(context))
                return Results.BadRequest();
            await signIn.SignOutAsync(ActorOf(context));
            return Results.LocalRedirect("/sign-in");
        });

    public static Actor ActorOf(HttpContext context) =>
        new(context.User.Identity?.Name ?? "anonymous", context.Connection.RemoteIpAddress?.ToString());

    private static void ConfigureIdentity(IdentityOptions options)
    {
        // Length is what resists guessing; composition rules only make people write passwords down (NIST SP 800-63B).
        options.Password = new() { RequiredLength = 12, RequireDigit = false, RequireLowercase = false, RequireUppercase = false, RequireNonAlphanumeric = false };
        options.Lockout = new() { MaxFailedAccessAttempts = 5, DefaultLockoutTimeSpan = TimeSpan.FromMinutes(5), AllowedForNewUsers = true };
    }

    private static void ConfigureCookie(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = "vault.account";
        options.Cookie.HttpOnly = true;
        // Lax, not Strict: a link in a mail or a bookmark opens the page instead of the sign-in.
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = TimeSpan.FromHours(12);
        options.SlidingExpiration = true;
        (options.LoginPath, options.LogoutPath, options.ReturnUrlParameter) = ("/sign-in", "/sign-out", "returnUrl");
        options.Events.OnRedirectToAccessDenied = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
    }

    private static void ConfigureAntiforgery(AntiforgeryOptions options)
    {
        options.Cookie.Name = "vault.antiforgery";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
    }

    private static PartitionedRateLimiter<HttpContext> ThrottleByAddress() =>
        PartitionedRateLimiter.Create<HttpContext, string>(context => IsThrottled(context.Request)
            ? RateLimitPartition.GetFixedWindowLimiter(
                context.Connection.RemoteIpAddress?.ToString() ?? "unknown",
                _ => new() { PermitLimit = 20, Window = TimeSpan.FromMinutes(1) })
            : RateLimitPartition.GetNoLimiter("all else"));

    private static bool IsThrottled(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && ThrottledPaths.Any(path => request.Path.StartsWithSegments(path));
}
