using System.Collections.Concurrent;
using System.Security.Cryptography;
using Vault.Server.Features.Audit;

namespace Vault.Server.Features.Profiles;

/// <summary>Leave to download one kit once.</summary>
/// <param name="word">What the form carries; it says nothing of the key.</param>
internal sealed class RecoveryKitTicket(string word, Guid profileId, string account, DateTimeOffset endsAt)
{
    private readonly TaskCompletionSource<bool> sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Word => word;

    public Guid ProfileId => profileId;

    public string Account => account;

    public DateTimeOffset EndsAt => endsAt;

    /// <summary>True when the whole kit went out to the browser, false when it broke off.</summary>
    public Task<bool> Sent => sent.Task;

    public void End(bool isSent) => sent.TrySetResult(isSent);
}

/// <summary>
/// The password is confirmed where it was typed, on the page, and the download is a form that carries a ticket instead of it.
/// That is safer than a form with the password: a wrong one is told in the dialog and typed again there, the browser offers no new
/// password to save, going back or loading again posts a ticket that is spent, and no second door has to count wrong passwords.
/// The kit's bytes never pass through the circuit or a script. Tickets live in memory: a restart forgets them.
/// </summary>
internal sealed class RecoveryKitTickets(TimeProvider clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, RecoveryKitTicket> open = new(StringComparer.Ordinal);

    public RecoveryKitTicket Issue(Guid profileId, Actor actor)
    {
        foreach (var old in open.Values.Where(IsOver))
            open.TryRemove(old.Word, out _);
        var ticket = new RecoveryKitTicket(RandomNumberGenerator.GetHexString(64, lowercase: true), profileId, actor.Name, clock.GetUtcNow() + Lifetime);
        open[ticket.Word] = ticket;
        return ticket;
    }

    /// <summary>Null: unknown, spent, too old, or another account's. Whoever presents it spends it.</summary>
    public RecoveryKitTicket? Redeem(string word, Actor actor) =>
        open.TryRemove(word, out var ticket) && !IsOver(ticket) && ticket.Account == actor.Name ? ticket : null;

    private bool IsOver(RecoveryKitTicket ticket) => clock.GetUtcNow() >= ticket.EndsAt;
}
