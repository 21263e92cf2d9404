namespace Vault.Server.Features.Accounts;

/// <summary>What a sign-in form posts.</summary>
internal sealed class Credentials
{
    public string? Name { get; set; }

    public string? Password { get; set; }

    public string? PasswordAgain { get; set; }
}
