using Microsoft.AspNetCore.Components.Authorization;

namespace Vault.Server.Features.Audit;

/// <summary>Who is behind the page: one for each circuit.</summary>
internal sealed class CurrentActor(AuthenticationStateProvider authentication, IHttpContextAccessor http)
{
    // Taken while the circuit starts: later events of a circuit need not have an HTTP context.
    private readonly string? address = http.HttpContext?.Connection.RemoteIpAddress?.ToString();

    public async Task<Actor> GetAsync()
    {
        var state = await authentication.GetAuthenticationStateAsync();
        return new Actor(state.User.Identity?.Name ?? "anonymous", address);
    }
}
