using Microsoft.AspNetCore.Identity;

namespace Vault.Server.Features.Accounts;

/// <summary>A person who signs in.</summary>
internal sealed class Account : IdentityUser<Guid>;
