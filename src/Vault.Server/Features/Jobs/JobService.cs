using Microsoft.EntityFrameworkCore;
using Quartz;
using Vault.Adapters;
using Vault.Core;
using Vault.Core.Keys;
using Vault.Core.Pipeline;
using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Runs;

namespace Vault.Server.Features.Jobs;

/// <summary>A job as the list shows it.</summary>
internal sealed record JobRow(Job Job, string SourceName, string DestinationName, string? ProfileName, DateTimeOffset? NextAt, Run? LastRun)
{
    public int DamagedBackups { get; init; }
}

/// <summary>What the form of a job gives.</summary>
internal sealed record JobInput(
    string Name, Guid SourceId, Guid DestinationId, Guid? ProfileId, string DumpFormat, string Compression, int CompressionLevel,
    string? Description, string? Schedule, string TimeZone, bool IsScheduleEnabled)
{
    /// <summary>A job without a profile is refused until a person says that this is meant.</summary>
    public bool IsPlaintextConfirmed { get; init; }
}

/// <summary>What is backed up, where to, when.</summary>
internal sealed class JobService(
    IDbContextFactory<VaultDb> databases, RunQueue queue, RunService runs, RunPasswords passwords, EngineRegistry engines, AuditLog audit, TimeProvider clock)
{
    public async Task<IReadOnlyList<JobRow>> ListAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        var jobs = await db.Jobs.AsNoTracking().OrderBy(j => j.Name).ToListAsync();
        var sources = await db.Sources.AsNoTracking().ToDictionaryAsync(s => s.Id, s => s.Name);
        var destinations = await db.Destinations.AsNoTracking().ToDictionaryAsync(d => d.Id, d => d.Name);
        var profiles = await db.EncryptionProfiles.AsNoTracking().ToDictionaryAsync(p => p.Id, p => p.Name);
        var damaged = await db.Backups.Where(b => b.State == BackupState.Damaged && b.JobId != null)
            .GroupBy(b => b.JobId!.Value).ToDictionaryAsync(g => g.Key, g => g.Count());
        var rows = new List<JobRow>();
        foreach (var job in jobs)
        {
            var last = await db.Runs.AsNoTracking().Where(r => r.JobId == job.Id).OrderByDescending(r => r.QueuedAt).FirstOrDefaultAsync();
            rows.Add(new JobRow(job, sources[job.SourceId], destinations[job.DestinationId],
                job.ProfileId is { } id ? profiles.GetValueOrDefault(id) : null, NextTime(job), last) { DamagedBackups = damaged.GetValueOrDefault(job.Id) });
        }

        return rows;
    }

    /// <summary>Computed, not asked of the scheduler: a list must not wait for its locks.</summary>
    private DateTimeOffset? NextTime(Job job) => job is { Schedule: { } cron, IsScheduleEnabled: true }
        ? JobSchedule.NextTimes(cron, job.TimeZone, clock.GetUtcNow(), 1).Select(at => (DateTimeOffset?)at).FirstOrDefault()
        : null;

    public async Task<Job?> FindAsync(Guid id)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Jobs.AsNoTracking().FirstOrDefaultAsync(j => j.Id == id);
    }

    public async Task<Result<Guid>> AddAsync(JobInput input, Actor actor)
    {
        await using var db = await databases.CreateDbContextAsync();
        if (await CheckAsync(db, null, input) is { } problem) return problem;
        var job = new Job
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()), Name = input.Name.Trim(), DumpFormat = input.DumpFormat, Compression = input.Compression,
            TimeZone = input.TimeZone, CreatedAt = clock.GetUtcNow(),
        };
        Fill(job, input);
        db.Jobs.Add(job);
        await db.SaveChangesAsync();
        await queue.SyncAsync(job);
        await audit.WriteAsync(actor, "job-added", job.Name);
        return job.Id;
    }

    public async Task<Problem?> ChangeAsync(Guid id, JobInput input, Actor actor)
    {
        await using var db = await databases.CreateDbContextAsync();
        if (await db.Jobs.FindAsync(id) is not { } job) return Gone;
        if (await CheckAsync(db, id, input) is { } problem) return problem;
        Fill(job, input);
        await db.SaveChangesAsync();
        await queue.SyncAsync(job);
        await audit.WriteAsync(actor, "job-changed", job.Name);
        return null;
    }

    public async Task<Problem?> SetScheduleEnabledAsync(Guid id, bool isEnabled, Actor actor)
    {
        await using var db = await databases.CreateDbContextAsync();
        if (await db.Jobs.FindAsync(id) is not { } job) return Gone;
        job.IsScheduleEnabled = isEnabled;
        await db.SaveChangesAsync();
        await queue.SyncAsync(job);
        await audit.WriteAsync(actor, isEnabled ? "schedule-enabled" : "schedule-disabled", job.Name);
        return null;
    }

    /// <summary>Deletes the job; its backups and runs stay.</summary>
    public async Task<Problem?> DeleteAsync(Guid id, Actor actor)
    {
        await using var db = await databases.CreateDbContextAsync();
        if (await db.Jobs.FindAsync(id) is not { } job) return Gone;
        if (await db.Runs.AnyAsync(r => r.JobId == id && (r.State == RunState.Queued || r.State == RunState.Running)))
            return new Problem("job-running", $"The job \"{job.Name}\" has a run that is queued or running, so it was not deleted.", "Cancel the run or wait for its end, then delete the job.");
        await queue.RemoveJobAsync(id);
        db.Jobs.Remove(job);
        await db.SaveChangesAsync();
        await audit.WriteAsync(actor, "job-deleted", job.Name);
        return null;
    }

    /// <summary>How long the newest dump of the source was; null when it has none.</summary>
    public async Task<long?> NewestDumpSizeAsync(Guid sourceId)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Backups.Where(b => b.SourceId == sourceId && b.DumpSizeBytes > 0).OrderByDescending(b => b.StartedAt).Select(b => b.DumpSizeBytes).FirstOrDefaultAsync();
    }

    /// <summary>Queues a run of the job; answers with its id at once.</summary>
    /// <param name="password">Seals this one backup instead of the profile's key; null: as the job says.</param>
    public async Task<Result<Guid>> StartAsync(Guid jobId, Actor actor, string? password = null)
    {
        if (password is not null && Password.Check(password) is { } refusal) return refusal;
        if (await FindAsync(jobId) is not { } job) return Gone;
        var run = RunService.ForJob(job, actor.Name, clock.GetUtcNow());
        run.WrappedPassword = passwords.Wrap(run.Id, password);
        await runs.AddAsync(run);
        await audit.WriteAsync(actor, "backup-started", job.Name, password is null ? "queued" : "queued, with a password");
        return run.Id;
    }

    private static Problem Gone { get; } = new("job-missing", "This job was deleted meanwhile, so nothing was done.", "Go back to the list of jobs.");

    private static void Fill(Job job, JobInput input)
    {
        job.Name = input.Name.Trim();
        (job.SourceId, job.DestinationId, job.ProfileId) = (input.SourceId, input.DestinationId, input.ProfileId);
        (job.DumpFormat, job.Compression, job.CompressionLevel) = (input.DumpFormat, input.Compression, input.CompressionLevel);
        job.Description = string.IsNullOrWhiteSpace(input.Description) ? null : input.Description.Trim();
        (job.Schedule, job.TimeZone, job.IsScheduleEnabled) = (input.Schedule, input.TimeZone, input.IsScheduleEnabled);
    }

    private async Task<Problem?> CheckAsync(VaultDb db, Guid? id, JobInput input)
    {
        var name = input.Name.Trim();
        if (name.Length == 0) return new Problem("name-missing", "The job has no name, so it was not saved.", "Give it a name.");
        if (await db.Jobs.AnyAsync(j => j.Name == name && j.Id != id))
            return new Problem("name-taken", $"There is a job called \"{name}\" already, so this one was not saved.", "Choose another name.");
        if (await db.Sources.AsNoTracking().FirstOrDefaultAsync(s => s.Id == input.SourceId) is not { } source)
            return new Problem("source-missing", "The job has no source, so it was not saved.", "Choose what is backed up.");
        if (!await db.Destinations.AnyAsync(d => d.Id == input.DestinationId))
            return new Problem("destination-missing", "The job has no destination, so it was not saved.", "Choose where backups go.");
        return CheckProfile(input) ?? CheckFormat(input, source.Engine) ?? CheckSchedule(input);
    }

    private static Problem? CheckProfile(JobInput input) => input.ProfileId is null && !input.IsPlaintextConfirmed
        ? new Problem("not-encrypted", "Without an Encryption Profile everybody who reaches the destination can read the backups, so the job was not saved.", "Choose a profile, or confirm that backups of this job are not encrypted.")
        : null;

    private Problem? CheckFormat(JobInput input, string engineId)
    {
        var formats = engines.Find(engineId)?.Description.DumpFormats ?? [];
        if (formats.All(f => f.Id != input.DumpFormat))
            return new Problem("format-unknown", $"The engine has no dump format \"{input.DumpFormat}\", so the job was not saved.", $"Choose one of: {string.Join(", ", formats.Select(f => f.Id))}.");
        var method = CompressionMethods.Parse(input.Compression);
        if (!method.IsOk) return new Problem("compression-unknown", $"\"{input.Compression}\" is no compression, so the job was not saved.", "Choose zstd, gzip, brotli or none.");
        var (min, max, _) = method.Value.Levels();
        return input.CompressionLevel < min || input.CompressionLevel > max
            ? new Problem("level-out-of-range", $"{input.Compression} has the levels {min} to {max}, so the job was not saved.", "Choose a level in this range.")
            : null;
    }

    private static Problem? CheckSchedule(JobInput input)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(input.TimeZone, out _))
            return new Problem("time-zone-unknown", $"This machine knows no time zone \"{input.TimeZone}\", so the job was not saved.", "Choose one from the list, such as Europe/Berlin.");
        return input.Schedule is null || CronExpression.TryParse(input.Schedule, out _)
            ? null
            : new Problem("cron-malformed", $"\"{input.Schedule}\" is not a cron expression, so the job was not saved.", "Correct the schedule.");
    }
}
