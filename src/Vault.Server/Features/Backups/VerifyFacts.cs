namespace Vault.Server.Features.Backups;

/// <summary>What is told of the last verify of a backup: of several copies the worst.</summary>
/// <param name="VerifiedAt">Of the oldest proof; null while one of the copies was never proved.</param>
/// <param name="DamagedAt">Since when damage is known.</param>
/// <param name="UnknownAt">When a verify could not look at it; null when the last one could.</param>
public sealed record VerifyFacts(DateTimeOffset? VerifiedAt, DateTimeOffset? DamagedAt, DateTimeOffset? UnknownAt)
{
    internal static VerifyFacts Of(IReadOnlyList<Copy> copies) => new(
        copies.Count > 0 && copies.All(c => c.VerifiedAt is not null) ? copies.Min(c => c.VerifiedAt) : null,
        copies.Max(c => c.DamagedAt),
        copies.Where(c => c.VerifyProblemCode is not null && !c.IsDamaged).Max(c => c.VerifyTriedAt));
}
