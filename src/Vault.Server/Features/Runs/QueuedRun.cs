using Quartz;

namespace Vault.Server.Features.Runs;

/// <summary>What Quartz calls when it is a run's turn.</summary>
internal sealed class QueuedRun(RunService runs, RunExecutor executor, ILogger<QueuedRun> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            var runId = context.MergedJobDataMap.TryGetValue(RunQueue.RunIdKey, out var id)
                ? Guid.Parse((string)id!)
                : await runs.AddScheduledAsync(Guid.Parse(context.JobDetail.Key.Name));
            if (runId is { } known) await executor.ExecuteAsync(known, cancellationToken);
        }
        catch (Exception failure)
        {
            // A run's own failures are in its row; what arrives here is a broken vault database, and Quartz must go on.
            log.LogError(failure, "A queued run could not be executed");
        }
    }
}
