namespace Vault.Server.Features.Destinations;

/// <summary>A configured place for backups.</summary>
internal sealed class Destination
{
    public Guid Id { get; init; }
    public required string Name { get; set; }

    /// <summary>Id of a store, such as <c>local</c>.</summary>
    public required string Store { get; set; }

    public required string SettingsJson { get; set; }

    /// <summary>Bound to Destinations/Id/WrappedSecrets.</summary>
    public string? WrappedSecrets { get; set; }

    public DateTimeOffset CreatedAt { get; init; }
}
