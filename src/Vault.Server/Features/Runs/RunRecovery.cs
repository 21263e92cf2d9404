using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Core.Metadata;
using Vault.Core.Stores;
using Vault.Server.Database;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Restores;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Features.Runs;

/// <summary>
/// Before the scheduler starts: what was Running becomes Interrupted and is cleaned up after, what was Queued is queued again,
/// and the scheduler is made to hold what the jobs say.
/// </summary>
internal sealed class RunRecovery(
    IDbContextFactory<VaultDb> databases, RunQueue queue, RunService runs, RestoreWork restores, DestinationService destinations,
    DestinationScan scan, BackupService backups, TimeProvider clock, ILogger<RunRecovery> log) : BackgroundService
{
    private List<Run> interrupted = [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        interrupted = await MarkInterruptedAsync();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var jobs = await db.Jobs.AsNoTracking().ToListAsync(cancellationToken);
        await queue.DropUnknownAsync(jobs.Select(j => j.Id).ToHashSet());
        foreach (var job in jobs) await queue.SyncAsync(job);
        foreach (var run in await db.Runs.AsNoTracking().Where(r => r.State == RunState.Queued).OrderBy(r => r.QueuedAt).ToListAsync(cancellationToken))
            await queue.EnqueueAsync(run, run.Kind == RunKind.Restore ? RestoreTarget.FromJson(run.RequestJson).ExclusiveKey : null);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>What needs destinations and servers, which may be slow or away, does not hold up the start.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var run in interrupted.Where(r => r.Kind == RunKind.Restore)) await TryAsync("cleaning up a restore", () => CleanUpRestoreAsync(run, stoppingToken));
        await TryAsync("removing abandoned objects", () => RemoveAbandonedAsync(stoppingToken));
        await TryAsync("ending deletions", backups.FinishDeletesAsync);
        await TryAsync("scanning the destinations", () => scan.ScanAllAsync(stoppingToken));
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

    private async Task<List<Run>> MarkInterruptedAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        var running = await db.Runs.Where(r => r.State == RunState.Running).ToListAsync();
        foreach (var run in running)
        {
            var problem = RunProblems.Interrupted(run.Kind);
            (run.State, run.FinishedAt) = (RunState.Interrupted, clock.GetUtcNow());
            (run.ProblemCode, run.ProblemMessage, run.ProblemNext) = (problem.Code, problem.Message, problem.Next);
            await runs.AppendAsync(run.Id, LogLevel.Warning, problem.ToString());
        }

        await db.SaveChangesAsync();
        return running;
    }

    private async Task CleanUpRestoreAsync(Run run, CancellationToken cancel)
    {
        var target = RestoreTarget.FromJson(run.RequestJson);
        await using var db = await databases.CreateDbContextAsync(cancel);
        if (await db.Backups.AsNoTracking().FirstOrDefaultAsync(b => b.Id == run.BackupId, cancel) is not { } backup) return;
        var (engine, request) = await restores.RequestAsync(run.Id, target, backup);
        var removed = await engine.CleanUpRestoreAsync(request, cancel);
        await runs.AppendAsync(run.Id, LogLevel.Info, [.. removed.DefaultIfEmpty("The restore left nothing to clean up")]);
    }

    private async Task RemoveAbandonedAsync(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        foreach (var id in await db.Destinations.Select(d => d.Id).ToListAsync(cancel))
        {
            await TryAsync("tidying a destination", async () =>
            {
                await using var store = await destinations.OpenStoreAsync(id);
                var names = await store.RemoveAbandonedAsync(cancel);
                foreach (var name in names) await SayRemovedAsync(name);
                await RemoveWithoutMetadataAsync(store, cancel);
            });
        }
    }

    /// <summary>An object of an interrupted run whose metadata was never written is no backup; nobody else may claim it.</summary>
    private async Task RemoveWithoutMetadataAsync(IObjectStore store, CancellationToken cancel)
    {
        if (interrupted.Count == 0) return;
        var found = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var item in store.ListAsync(cancel)) found.Add(item.Name);
        foreach (var name in found.Where(n => !ObjectNames.IsMetadata(n) && !found.Contains(ObjectNames.MetadataOf(n))))
        {
            if (OwnerOf(name) is null) continue;
            await store.DeleteAsync(name, cancel);
            await SayRemovedAsync(name);
        }
    }

    private Run? OwnerOf(string objectName) => interrupted.FirstOrDefault(r => RunMark.IsIn(objectName, r.Id));

    private async Task SayRemovedAsync(string name)
    {
        if (OwnerOf(name) is { } run) await runs.AppendAsync(run.Id, LogLevel.Info, $"Removed {name}, which was not whole");
    }
}
