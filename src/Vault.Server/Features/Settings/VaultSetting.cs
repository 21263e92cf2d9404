namespace Vault.Server.Features.Settings;

/// <summary>A named value of the vault itself, such as the check value of the system key.</summary>
internal sealed class VaultSetting
{
    public required string Name { get; init; }
    public required string Value { get; set; }
}
