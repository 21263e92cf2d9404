namespace Vault.Server.Database;

/// <summary>A key that signs cookies and antiforgery tokens, as ASP.NET Core's XML.</summary>
internal sealed class DataProtectionKey
{
    public Guid Id { get; init; }

    public required string FriendlyName { get; init; }

    /// <summary>Bound to DataProtectionKeys/Id/WrappedXml.</summary>
    public required string WrappedXml { get; set; }

    public DateTimeOffset CreatedAt { get; init; }
}
