using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Vault.Server.Features.Accounts;

/// <summary>Ends the circuits of an account that was deleted, or whose password or role changed, within a minute.</summary>
internal sealed class AccountRevalidation(ILoggerFactory logs, IServiceScopeFactory scopes, IOptions<IdentityOptions> options)
    : RevalidatingServerAuthenticationStateProvider(logs)
{
    protected override TimeSpan RevalidationInterval => AccountsSetup.StampInterval;

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState state, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var manager = scope.ServiceProvider.GetRequiredService<UserManager<Account>>();
        return await manager.GetUserAsync(state.User) is { } account
            && state.User.FindFirst(options.Value.ClaimsIdentity.SecurityStampClaimType)?.Value == account.SecurityStamp;
    }
}
