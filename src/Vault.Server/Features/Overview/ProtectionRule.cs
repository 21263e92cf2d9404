using Vault.Server.Features.Jobs;
using Vault.Server.Features.Runs;

namespace Vault.Server.Features.Overview;

/// <summary>When a source counts as protected. Pure.</summary>
internal static class ProtectionRule
{
    /// <summary>A schedule may run late or fail once; after two of its intervals and a day the last backup is too old.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    /// <param name="lastBackupAt">Of the last good backup.</param>
    /// <param name="lastDamagedAt">Of the last damaged one: when it is newer, what the source needs most is not there.</param>
    public static (Protection State, string? Why) Judge(IReadOnlyList<JobRow> jobs, DateTimeOffset? lastBackupAt, DateTimeOffset? lastDamagedAt, DateTimeOffset now)
    {
        if (lastDamagedAt is not null && !(lastBackupAt > lastDamagedAt)) return (Protection.Unprotected, "Its newest backup is damaged.");
        if (jobs.Count == 0) return (Protection.Unprotected, "No job backs it up.");
        if (lastBackupAt is not { } last) return (Protection.Unprotected, "It has no proved backup yet.");
        if (jobs.Any(j => j.LastRun is { State: RunState.Failed or RunState.Interrupted } run && run.QueuedAt > last))
            return (Protection.Unprotected, "Its last run did not succeed.");
        var scheduled = jobs.Where(j => j.Job is { Schedule: not null, IsScheduleEnabled: true }).ToList();
        if (scheduled.Count == 0) return (Protection.Warning, "It is backed up by hand only.");
        return scheduled.Any(j => now - last <= 2 * IntervalOf(j.Job, now) + Grace)
            ? (Protection.Protected, null)
            : (Protection.Unprotected, "Its last good backup is too old for its schedule.");
    }

    private static TimeSpan IntervalOf(Job job, DateTimeOffset now) =>
        JobSchedule.NextTimes(job.Schedule!, job.TimeZone, now, 2) is [var first, var second] ? second - first : TimeSpan.Zero;
}
