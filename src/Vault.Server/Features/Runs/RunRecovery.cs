using Microsoft.EntityFrameworkCore;
using Vault.Server.Database;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Notifications;
using Vault.Server.Features.Restores;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Features.Runs;

/// <summary>
/// Before the scheduler starts: what was Running becomes Interrupted, what was Queued is queued again, and the scheduler is made to
/// hold what the jobs say. Then, for as long as Vault runs: what runs that ended badly left behind is taken away.
/// </summary>
internal sealed class RunRecovery(
    IDbContextFactory<VaultDb> databases, RunQueue queue, RunService runs, RunTidying tidying,
    DestinationScan scan, BackupService backups, VerificationService verification, Notifier notifier, TimeProvider clock, ILogger<RunRecovery> log) : BackgroundService
{
    private static readonly TimeSpan TidyEvery = TimeSpan.FromMinutes(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await MarkInterruptedAsync();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var jobs = await db.Jobs.AsNoTracking().ToListAsync(cancellationToken);
        await queue.DropUnknownAsync(jobs.Select(j => j.Id).ToHashSet());
        foreach (var job in jobs) await queue.SyncAsync(job);
        await verification.SyncAsync();
        foreach (var run in await db.Runs.AsNoTracking().Where(r => r.State == RunState.Queued).OrderBy(r => r.QueuedAt).ToListAsync(cancellationToken))
            await queue.EnqueueAsync(run, run.Kind == RunKind.Restore ? RestoreTarget.FromJson(run.RequestJson).ExclusiveKey : null);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>What needs destinations and servers, which may be slow or away, does not hold up the start.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await TryAsync("tidying up after runs", () => tidying.TidyAsync(stoppingToken));
        await TryAsync("removing abandoned objects", () => tidying.RemoveAbandonedAsync(stoppingToken));
        await TryAsync("ending deletions", backups.FinishDeletesAsync);
        await TryAsync("scanning the destinations", () => scan.ScanAllAsync(stoppingToken));
        using var timer = new PeriodicTimer(TidyEvery, clock);
        await TryAsync("waiting", async () =>
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await TryAsync("tidying up after runs", () => tidying.TidyAsync(stoppingToken));
        });
    }

    private async Task TryAsync(string what, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (OperationCanceledException)
        {
            // Vault is stopping; the next start goes on.
        }
        catch (Exception failure)
        {
            log.LogError(failure, "After the start, {Step} failed", what);
        }
    }

    private async Task MarkInterruptedAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        var stopped = await db.Runs.Where(r => r.State == RunState.Running).ToListAsync();
        foreach (var run in stopped)
        {
            var problem = RunProblems.Interrupted(run.Kind);
            (run.State, run.FinishedAt, run.MayHaveLeftovers) = (RunState.Interrupted, clock.GetUtcNow(), run.Kind != RunKind.Verify);
            (run.ProblemCode, run.ProblemMessage, run.ProblemNext) = (problem.Code, problem.Message, problem.Next);
            await runs.AppendAsync(run.Id, LogLevel.Warning, problem.ToString());
        }

        await db.SaveChangesAsync();
        foreach (var run in stopped) notifier.Tell(run);
        // Only a run that still waits needs its password.
        await db.Runs.Where(r => r.State != RunState.Queued && r.WrappedPassword != null).ExecuteUpdateAsync(set => set.SetProperty(r => r.WrappedPassword, (string?)null));
    }
}
