using Vault.Server.Features.Runs;

namespace Vault.Server.Features.Notifications;

/// <summary>What a receiver is told; the names of its JSON are documented in docs/configuration.md.</summary>
internal sealed record Notification(string Title, string Message, string Level, string Kind, Guid? RunId, DateTimeOffset At)
{
    /// <summary>Null: nobody needs to be told how this run ended.</summary>
    public static Notification? Of(Run run)
    {
        // A verify that was stopped proves nothing and harms nothing; the schedule takes it up again.
        if (run is not { State: RunState.Failed } && run is not { State: RunState.Interrupted, Kind: not RunKind.Verify }) return null;
        var (kind, end) = (run.Kind.ToString().ToLowerInvariant(), run.State == RunState.Failed ? "failed" : "was interrupted");
        return new($"{run.Title}: {kind} {end}", $"{run.ProblemMessage} {run.ProblemNext}".Trim(), "error", kind, run.Id, run.FinishedAt!.Value);
    }

    public static Notification Test(DateTimeOffset now) =>
        new("Vault: test", "This is how Vault tells that a backup, a restore or a verify failed.", "info", "test", null, now);
}

/// <summary>How the newest notification fared.</summary>
/// <param name="Failure">Why it did not arrive, without the address; null: it was taken.</param>
internal sealed record Delivery(DateTimeOffset At, string Title, string? Failure);

/// <summary>How patient Vault is with a receiver.</summary>
/// <param name="Pauses">Before each further try.</param>
internal sealed record DeliveryRule(TimeSpan AnswerWithin, IReadOnlyList<TimeSpan> Pauses)
{
    public static DeliveryRule Default { get; } = new(TimeSpan.FromSeconds(10), [TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(15)]);
}
