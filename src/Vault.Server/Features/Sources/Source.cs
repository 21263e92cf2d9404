namespace Vault.Server.Features.Sources;

/// <summary>A database that is protected, with its connection.</summary>
internal sealed class Source
{
    public Guid Id { get; init; }
    public required string Name { get; set; }

    /// <summary>Id of an engine, such as <c>postgresql</c>.</summary>
    public required string Engine { get; set; }

    /// <summary>JSON object of the settings that are not secret.</summary>
    public required string SettingsJson { get; set; }

    /// <summary>JSON object of the secret settings, wrapped by the system key, bound to Sources/Id/WrappedSecrets; null when there are none.</summary>
    public string? WrappedSecrets { get; set; }

    public DateTimeOffset CreatedAt { get; init; }
}
