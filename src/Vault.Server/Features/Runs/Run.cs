namespace Vault.Server.Features.Runs;

internal enum RunKind { Backup, Restore, Verify }

internal enum RunState { Queued, Running, Succeeded, Failed, Cancelled, Interrupted }

/// <summary>One execution, with its log. The row is written before anything starts.</summary>
internal sealed class Run
{
    public Guid Id { get; init; }
    public RunKind Kind { get; init; }
    public RunState State { get; set; }

    /// <summary>The job of a backup; null when the job was deleted, and for a restore or a verify.</summary>
    public Guid? JobId { get; set; }

    /// <summary>The backup that was made, or that is restored or verified.</summary>
    public Guid? BackupId { get; set; }

    /// <summary>What people see: the job's name, or "backup → database".</summary>
    public required string Title { get; set; }

    /// <summary>Account name, or "schedule".</summary>
    public required string StartedBy { get; init; }

    public DateTimeOffset QueuedAt { get; init; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    public string? Phase { get; set; }
    public long DoneBytes { get; set; }
    public long? TotalBytes { get; set; }

    /// <summary>Why it is not green: the first cause, and what to do next.</summary>
    public string? ProblemCode { get; set; }
    public string? ProblemMessage { get; set; }
    public string? ProblemNext { get; set; }

    /// <summary>JSON of what was asked for (job settings, restore target or copy) with no secret; enough to start it after a restart.</summary>
    public required string RequestJson { get; init; }

    /// <summary>Restore: where the database that was replaced is kept.</summary>
    public string? KeptAs { get; set; }

    /// <summary>It did not end well, and nobody has yet looked for what it left in the destination or on the database server.</summary>
    public bool MayHaveLeftovers { get; set; }

    /// <summary>The password that it was asked for with, wrapped by the system key, bound to Runs/Id/WrappedPassword; null once it has ended.</summary>
    public string? WrappedPassword { get; set; }
}

/// <summary>One line of a run's log; key (RunId, Seq).</summary>
internal sealed class RunLogLine
{
    public Guid RunId { get; init; }

    /// <summary>1, 2, 3, … without gaps within a run.</summary>
    public long Seq { get; init; }
    public DateTimeOffset At { get; init; }
    public Vault.Core.Engines.LogLevel Level { get; init; }
    public string? Phase { get; init; }
    public required string Text { get; init; }
}
