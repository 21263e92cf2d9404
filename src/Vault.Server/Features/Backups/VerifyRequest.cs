using System.Text.Json;

namespace Vault.Server.Features.Backups;

/// <summary>What a verify was asked for. Kept in the run's row.</summary>
internal sealed record VerifyRequest(Guid CopyId)
{
    public string ToJson() => JsonSerializer.Serialize(this);

    public static VerifyRequest FromJson(string json) =>
        JsonSerializer.Deserialize<VerifyRequest>(json) ?? throw new JsonException("The request of a verify is empty.");
}
