using Quartz;
using Vault.Server.Features.Jobs;

namespace Vault.Server.Features.Runs;

/// <summary>
/// The queue and the schedules, kept by Quartz in the vault database. One durable Quartz job stands for each job of Vault, so that
/// Quartz never runs one job twice at once; a run that was asked for is a trigger that carries its id.
/// </summary>
internal sealed class RunQueue(ISchedulerFactory schedulers, TimeProvider clock)
{
    internal const string RunIdKey = "run";
    private static readonly TimeSpan Backdated = TimeSpan.FromDays(3650);
    private const string BackupGroup = "backup";
    private const string RestoreGroup = "restore";
    private const string RunGroup = "run";
    private const string ScheduleGroup = "schedule";

    /// <summary>Puts a run that is <see cref="RunState.Queued"/> in the queue; once only, however often it is called.</summary>
    public async Task EnqueueAsync(Run run, string? exclusiveKey = null)
    {
        var scheduler = await schedulers.GetScheduler();
        var key = run is { Kind: RunKind.Backup, JobId: { } jobId } ? BackupKey(jobId) : new JobKey(exclusiveKey ?? run.Id.ToString(), RestoreGroup);
        await AddJobAsync(scheduler, key);
        var trigger = TriggerBuilder.Create()
            .WithIdentity(RunTrigger(run.Id))
            .ForJob(key)
            .UsingJobData(RunIdKey, run.Id.ToString())
            // The scheduler orders by this time; it lies so far back that a clock that is set back does not make the run wait.
            .StartAt(run.QueuedAt - Backdated)
            // However late: it fires as soon as there is room, in the order of asking.
            .WithSchedule(SimpleScheduleBuilder.Create().WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires))
            .Build();
        await scheduler.ScheduleTrigger(trigger, TriggerConflict.Replace);
    }

    /// <summary>Takes a run out of the queue, if it is still there.</summary>
    public async Task RemoveAsync(Guid runId) => await (await schedulers.GetScheduler()).UnscheduleJob(RunTrigger(runId));

    /// <summary>Makes the scheduler hold what the row of the job says. An unchanged schedule is left alone, so that a missed time is caught up.</summary>
    public async Task SyncAsync(Job job)
    {
        var scheduler = await schedulers.GetScheduler();
        await AddJobAsync(scheduler, BackupKey(job.Id));
        var key = ScheduleTrigger(job.Id);
        if (job.Schedule is null || !job.IsScheduleEnabled)
        {
            await scheduler.UnscheduleJob(key);
            return;
        }

        if (await scheduler.GetTrigger(key) is ICronTrigger held && IsRight(held, job)) return;
        var trigger = TriggerBuilder.Create()
            .WithIdentity(key)
            .ForJob(BackupKey(job.Id))
            .WithSchedule(CronScheduleBuilder.Create(job.Schedule)
                .InTimeZone(TimeZoneInfo.FindSystemTimeZoneById(job.TimeZone))
                .WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed))
            .Build();
        await scheduler.ScheduleTrigger(trigger, TriggerConflict.Replace);
    }

    /// <summary>A next time beyond the schedule's own was reckoned by a clock that was ahead, and would leave out backups until then.</summary>
    private bool IsRight(ICronTrigger held, Job job) =>
        held.CronExpressionString == job.Schedule && held.TimeZone.Id == job.TimeZone
        && held.NextFireTimeUtc <= JobSchedule.NextTimes(job.Schedule!, job.TimeZone, clock.GetUtcNow(), 1).FirstOrDefault(DateTimeOffset.MaxValue);

    public async Task RemoveJobAsync(Guid jobId) => await (await schedulers.GetScheduler()).DeleteJob(BackupKey(jobId));

    /// <summary>Drops what the scheduler holds for jobs that are gone, and for restores, which are queued anew at start.</summary>
    public async Task DropUnknownAsync(IReadOnlySet<Guid> jobIds)
    {
        var scheduler = await schedulers.GetScheduler();
        await scheduler.DeleteJobs(GroupMatcher<JobKey>.GroupEquals(RestoreGroup));
        var held = await scheduler.QueryJobs(new JobQuery { Group = GroupMatcher<JobKey>.GroupEquals(BackupGroup), Take = PagedQuery.All });
        foreach (var header in held.Items)
        {
            if (!Guid.TryParse(header.Key.Name, out var id) || !jobIds.Contains(id)) await scheduler.DeleteJob(header.Key);
        }
    }

    private static async Task AddJobAsync(IScheduler scheduler, JobKey key)
    {
        if (await scheduler.Exists(key)) return;
        var job = JobBuilder.Create<QueuedRun>().WithIdentity(key).StoreDurably().DisallowConcurrentExecution().Build();
        await scheduler.AddJob(job, AddJobOptions.Replacing);
    }

    private static JobKey BackupKey(Guid jobId) => new(jobId.ToString(), BackupGroup);

    private static TriggerKey RunTrigger(Guid runId) => new(runId.ToString(), RunGroup);

    private static TriggerKey ScheduleTrigger(Guid jobId) => new(jobId.ToString(), ScheduleGroup);
}
