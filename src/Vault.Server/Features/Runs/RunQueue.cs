using Quartz;
using Vault.Server.Features.Backups;
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
    private const string VerifyGroup = "verify";
    private const string RunGroup = "run";
    private const string ScheduleGroup = "schedule";

    /// <summary>One for all: verifies run one after the other, so that backups and restores always find room.</summary>
    private static readonly JobKey VerifyKey = new("all", VerifyGroup);
    private static readonly JobKey VerificationKey = new("schedule", "verification");

    /// <summary>Puts a run that is <see cref="RunState.Queued"/> in the queue; once only, however often it is called.</summary>
    public async Task EnqueueAsync(Run run, string? exclusiveKey = null)
    {
        var scheduler = await schedulers.GetScheduler();
        var key = run switch
        {
            { Kind: RunKind.Backup, JobId: { } jobId } => BackupKey(jobId),
            { Kind: RunKind.Verify } => VerifyKey,
            _ => new JobKey(exclusiveKey ?? run.Id.ToString(), RestoreGroup),
        };
        await AddJobAsync<QueuedRun>(scheduler, key);
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

    /// <summary>Makes the scheduler hold what the row of the job says.</summary>
    public async Task SyncAsync(Job job)
    {
        var scheduler = await schedulers.GetScheduler();
        await AddJobAsync<QueuedRun>(scheduler, BackupKey(job.Id));
        await SyncAsync(scheduler, BackupKey(job.Id), ScheduleTrigger(job.Id.ToString()), job.IsScheduleEnabled ? job.Schedule : null, job.TimeZone);
    }

    /// <summary>Makes the scheduler hold when the oldest proofs are renewed.</summary>
    /// <param name="cron">Null: never by itself.</param>
    public async Task SyncVerificationAsync(string? cron, string timeZone)
    {
        var scheduler = await schedulers.GetScheduler();
        await AddJobAsync<ScheduledVerify>(scheduler, VerificationKey);
        await SyncAsync(scheduler, VerificationKey, ScheduleTrigger("verification"), cron, timeZone);
    }

    /// <summary>An unchanged schedule is left alone, so that a missed time is caught up.</summary>
    private async Task SyncAsync(IScheduler scheduler, JobKey job, TriggerKey key, string? cron, string timeZone)
    {
        if (cron is null)
        {
            await scheduler.UnscheduleJob(key);
            return;
        }

        if (await scheduler.GetTrigger(key) is ICronTrigger held && IsRight(held, cron, timeZone)) return;
        var trigger = TriggerBuilder.Create()
            .WithIdentity(key)
            .ForJob(job)
            .WithSchedule(CronScheduleBuilder.Create(cron)
                .InTimeZone(TimeZoneInfo.FindSystemTimeZoneById(timeZone))
                .WithMisfireInstruction(CronTriggerMisfireInstruction.FireAndProceed))
            .Build();
        await scheduler.ScheduleTrigger(trigger, TriggerConflict.Replace);
    }

    /// <summary>A next time beyond the schedule's own was reckoned by a clock that was ahead, and would leave out runs until then.</summary>
    private bool IsRight(ICronTrigger held, string cron, string timeZone) =>
        held.CronExpressionString == cron && held.TimeZone.Id == timeZone
        && held.NextFireTimeUtc <= JobSchedule.NextTimes(cron, timeZone, clock.GetUtcNow(), 1).FirstOrDefault(DateTimeOffset.MaxValue);

    public async Task RemoveJobAsync(Guid jobId) => await (await schedulers.GetScheduler()).DeleteJob(BackupKey(jobId));

    /// <summary>Drops what the scheduler holds for jobs that are gone, and for restores and verifies, which are queued anew at start.</summary>
    public async Task DropUnknownAsync(IReadOnlySet<Guid> jobIds)
    {
        var scheduler = await schedulers.GetScheduler();
        await scheduler.DeleteJobs(GroupMatcher<JobKey>.GroupEquals(RestoreGroup));
        await scheduler.DeleteJobs(GroupMatcher<JobKey>.GroupEquals(VerifyGroup));
        var held = await scheduler.QueryJobs(new JobQuery { Group = GroupMatcher<JobKey>.GroupEquals(BackupGroup), Take = PagedQuery.All });
        foreach (var header in held.Items)
        {
            if (!Guid.TryParse(header.Key.Name, out var id) || !jobIds.Contains(id)) await scheduler.DeleteJob(header.Key);
        }
    }

    private static async Task AddJobAsync<T>(IScheduler scheduler, JobKey key)
        where T : IJob
    {
        if (await scheduler.Exists(key)) return;
        var job = JobBuilder.Create<T>().WithIdentity(key).StoreDurably().DisallowConcurrentExecution().Build();
        await scheduler.AddJob(job, AddJobOptions.Replacing);
    }

    private static JobKey BackupKey(Guid jobId) => new(jobId.ToString(), BackupGroup);

    private static TriggerKey RunTrigger(Guid runId) => new(runId.ToString(), RunGroup);

    private static TriggerKey ScheduleTrigger(string name) => new(name, ScheduleGroup);
}
