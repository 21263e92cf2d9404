using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Jobs;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Features.Runs;

/// <summary>Which runs a list shows.</summary>
internal sealed record RunFilter(RunState? State = null, Guid? JobId = null, RunKind? Kind = null);

internal sealed record RunListing(IReadOnlyList<Run> Runs, int Total);

/// <summary>Queues, lists and cancels runs.</summary>
internal sealed class RunService(
    IDbContextFactory<VaultDb> databases, RunQueue queue, LiveRuns liveRuns, RunLogStore logs, AuditLog audit, TimeProvider clock)
{
    public async Task<Run?> FindAsync(Guid id)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Id == id);
    }

    public async Task<RunListing> ListAsync(RunFilter filter, int skip, int take)
    {
        await using var db = await databases.CreateDbContextAsync();
        var runs = db.Runs.AsNoTracking();
        if (filter.State is { } state) runs = runs.Where(r => r.State == state);
        if (filter.JobId is { } jobId) runs = runs.Where(r => r.JobId == jobId);
        if (filter.Kind is { } kind) runs = runs.Where(r => r.Kind == kind);
        return new RunListing(await runs.OrderByDescending(r => r.QueuedAt).Skip(skip).Take(take).ToListAsync(), await runs.CountAsync());
    }

    /// <summary>The row first, then the queue: a crash in between is mended at the next start.</summary>
    public async Task AddAsync(Run run, string? exclusiveKey = null)
    {
        await using (var db = await databases.CreateDbContextAsync())
        {
            db.Runs.Add(run);
            await db.SaveChangesAsync();
        }

        await queue.EnqueueAsync(run, exclusiveKey);
    }

    /// <summary>The row of a run that its schedule asked for; null when the job is gone.</summary>
    public async Task<Guid?> AddScheduledAsync(Guid jobId)
    {
        await using var db = await databases.CreateDbContextAsync();
        if (await db.Jobs.AsNoTracking().FirstOrDefaultAsync(j => j.Id == jobId) is not { } job) return null;
        var run = ForJob(job, "schedule", clock.GetUtcNow());
        db.Runs.Add(run);
        await db.SaveChangesAsync();
        return run.Id;
    }

    public static Run ForJob(Job job, string startedBy, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), Kind = RunKind.Backup, State = RunState.Queued, JobId = job.Id, Title = job.Name,
        StartedBy = startedBy, QueuedAt = now, RequestJson = "{}",
    };

    /// <summary>Ends a run: a queued one at once, a running one within a second.</summary>
    public async Task<Problem?> CancelAsync(Guid runId, Actor actor)
    {
        if (!await CancelQueuedAsync(runId))
        {
            if (liveRuns.Find(runId) is not { } live)
                return new Problem("run-not-running", "This run is not queued or running any more, so there is nothing to cancel.", "Reload the page to see how it ended.");
            live.Log.Write(LogLevel.Warning, $"{actor.Name} asked to cancel this run");
            await live.CancelAsync();
        }

        await audit.WriteAsync(actor, "run-cancelled", runId.ToString(), "asked");
        return null;
    }

    private async Task<bool> CancelQueuedAsync(Guid runId)
    {
        await using var db = await databases.CreateDbContextAsync();
        var now = clock.GetUtcNow();
        if (await db.Runs.Where(r => r.Id == runId && r.State == RunState.Queued).ExecuteUpdateAsync(set => set
            .SetProperty(r => r.State, RunState.Cancelled)
            .SetProperty(r => r.FinishedAt, now)
            .SetProperty(r => r.WrappedPassword, (string?)null)
            .SetProperty(r => r.ProblemCode, "cancelled")
            .SetProperty(r => r.ProblemMessage, "This run was cancelled before it began, so nothing was changed.")
            .SetProperty(r => r.ProblemNext, "Start it again when you want it.")) == 0) return false;
        await queue.RemoveAsync(runId);
        return true;
    }

    /// <summary>The phases that a run has begun, in order.</summary>
    public async Task<IReadOnlyList<string>> PhasesAsync(Guid runId)
    {
        await using var db = await databases.CreateDbContextAsync();
        // A phase begins with a line that is its name.
        return await db.RunLog.AsNoTracking().Where(l => l.RunId == runId && l.Phase != null && l.Text == l.Phase)
            .OrderBy(l => l.Seq).Select(l => l.Text).ToListAsync();
    }

    /// <summary>Writes lines of a run that no process executes.</summary>
    public async Task AppendAsync(Guid runId, LogLevel level, params string[] texts)
    {
        var seq = await logs.LastSeqAsync(runId);
        var now = clock.GetUtcNow();
        await logs.AppendAsync(runId, [.. texts.Select(text => new RunLogLine { RunId = runId, Seq = ++seq, At = now, Level = level, Text = text })], null);
    }
}
