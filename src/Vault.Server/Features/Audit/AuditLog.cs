using Microsoft.EntityFrameworkCore;
using Vault.Server.Database;

namespace Vault.Server.Features.Audit;

/// <summary>Who does something, and from where.</summary>
internal sealed record Actor(string Name, string? Address)
{
    /// <summary>Vault itself: a schedule, a clean-up at start.</summary>
    public static Actor Vault { get; } = new("vault", null);
}

/// <param name="Text">Found in actor, subject or address; empty finds all.</param>
/// <param name="Action">Exactly this action; null finds all.</param>
internal sealed record AuditFilter(string? Text, string? Action);

internal sealed record AuditSlice(IReadOnlyList<AuditEntry> Entries, int Total);

internal sealed class AuditLog(IDbContextFactory<VaultDb> databases, TimeProvider clock)
{
    public const string Succeeded = "succeeded";
    public const string Refused = "refused";

    public async Task WriteAsync(Actor actor, string action, string? subject, string outcome = Succeeded)
    {
        await using var db = await databases.CreateDbContextAsync();
        db.Add(new AuditEntry
        {
            At = clock.GetUtcNow(),
            Actor = Cut(actor.Name),
            Address = actor.Address,
            Action = action,
            Subject = subject is null ? null : Cut(subject),
            Outcome = Cut(outcome),
        });
        await db.SaveChangesAsync();
    }

    /// <summary>Newest first.</summary>
    public async Task<AuditSlice> ListAsync(AuditFilter filter, int skip, int take)
    {
        await using var db = await databases.CreateDbContextAsync();
        var found = db.Audit.AsNoTracking();
        if (filter.Action is { Length: > 0 } action)
            found = found.Where(e => e.Action == action);
        if (filter.Text?.Trim() is { Length: > 0 } text)
            found = found.Where(e => e.Actor.Contains(text) || e.Subject!.Contains(text) || e.Address!.Contains(text));
        return new(await found.OrderByDescending(e => e.Id).Skip(skip).Take(take).ToListAsync(), await found.CountAsync());
    }

    public async Task<IReadOnlyList<string>> ListActionsAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Audit.Select(e => e.Action).Distinct().OrderBy(a => a).ToListAsync();
    }

    // A name typed at sign-in can be a megabyte long.
    private static string Cut(string text) => text.Length <= 200 ? text : text[..200] + "…";
}
