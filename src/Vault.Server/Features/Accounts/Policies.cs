using Microsoft.AspNetCore.Authorization;

namespace Vault.Server.Features.Accounts;

/// <summary>What an account may do beyond reading, which every account may.</summary>
internal static class Policies
{
    /// <summary>Start and cancel backups and restores: operators and admins.</summary>
    public const string Operate = "operate";

    /// <summary>Everything else: admins.</summary>
    public const string Administer = "administer";

    public static void Define(AuthorizationOptions options)
    {
        options.AddPolicy(Operate, p => p.RequireRole(nameof(AccountRole.Operator), nameof(AccountRole.Admin)));
        options.AddPolicy(Administer, p => p.RequireRole(nameof(AccountRole.Admin)));
        options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
    }
}
