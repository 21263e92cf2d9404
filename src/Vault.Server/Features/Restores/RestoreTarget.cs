using System.Text.Json;

namespace Vault.Server.Features.Restores;

/// <summary>What a restore was asked for. Kept in the run's row; holds no secret.</summary>
/// <param name="SourceId">The source whose server (and credentials) is used.</param>
/// <param name="Database">The database to restore into, a name or for SQLite a file; may not exist yet.</param>
/// <param name="ParallelConnections">Over how many at once; more than 1 needs the unpacked dump on disk meanwhile.</param>
internal sealed record RestoreTarget(Guid CopyId, Guid SourceId, string Database, int ParallelConnections = 1)
{
    public string ToJson() => JsonSerializer.Serialize(this);

    public static RestoreTarget FromJson(string json) =>
        JsonSerializer.Deserialize<RestoreTarget>(json) ?? throw new JsonException("The request of a restore is empty.");

    /// <summary>Restores into one database never run at once.</summary>
    public string ExclusiveKey => $"{SourceId}/{Database}";
}
