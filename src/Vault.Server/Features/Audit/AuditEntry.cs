namespace Vault.Server.Features.Audit;

/// <summary>Who did what, when, from which address, with what outcome.</summary>
internal sealed class AuditEntry
{
    public long Id { get; init; }
    public DateTimeOffset At { get; init; }
    public required string Actor { get; init; }
    public string? Address { get; init; }

    /// <summary>Kebab-case word: <c>sign-in</c>, <c>key-revealed</c>, <c>backup-started</c>, …</summary>
    public required string Action { get; init; }
    public string? Subject { get; init; }
    public required string Outcome { get; init; }
}
