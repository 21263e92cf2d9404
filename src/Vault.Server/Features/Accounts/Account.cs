using Microsoft.AspNetCore.Identity;

namespace Vault.Server.Features.Accounts;

public enum AccountRole
{
    /// <summary>Reads.</summary>
    Viewer,

    /// <summary>Reads, and starts backups and restores.</summary>
    Operator,

    /// <summary>Everything.</summary>
    Admin,
}

/// <summary>A person who signs in.</summary>
internal sealed class Account : IdentityUser<Guid>
{
    public AccountRole Role { get; set; }

    public DateTimeOffset CreatedAt { get; init; }
}
