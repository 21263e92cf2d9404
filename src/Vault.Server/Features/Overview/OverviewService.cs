using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Server.Database;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Jobs;
using Vault.Server.Features.Runs;

namespace Vault.Server.Features.Overview;

internal enum Protection { Protected, Warning, Unprotected }

/// <param name="Why">In words, when it is not plainly protected.</param>
internal sealed record SourceProtection(
    Guid SourceId, string Name, string Engine, Protection State, string? Why, Guid? LastBackupId, DateTimeOffset? LastBackupAt, DateTimeOffset? NextAt);

/// <summary>Something that only a person can put right.</summary>
internal sealed record Need(string Text, string Href, string Action);

internal sealed record OverviewFacts(IReadOnlyList<SourceProtection> Sources, IReadOnlyList<Need> Needs, IReadOnlyList<Run> Running);

/// <summary>Is every source protected, what needs me, what runs now?</summary>
internal sealed class OverviewService(
    IDbContextFactory<VaultDb> databases, JobService jobs, DestinationService destinations, TimeProvider clock)
{
    private const double LowSpaceShare = 0.1;

    public async Task<OverviewFacts> LookAsync(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var jobRows = await jobs.ListAsync();
        var sources = await db.Sources.AsNoTracking().OrderBy(s => s.Name).ToListAsync(cancel);
        var found = new List<SourceProtection>();
        foreach (var source in sources)
        {
            var last = await db.Backups.AsNoTracking().Where(b => b.SourceId == source.Id && b.State == BackupState.Available)
                .OrderByDescending(b => b.StartedAt).FirstOrDefaultAsync(cancel);
            var damagedAt = await db.Backups.Where(b => b.SourceId == source.Id && b.State == BackupState.Damaged)
                .OrderByDescending(b => b.StartedAt).Select(b => (DateTimeOffset?)b.StartedAt).FirstOrDefaultAsync(cancel);
            List<JobRow> own = [.. jobRows.Where(j => j.Job.SourceId == source.Id)];
            var (state, why) = ProtectionRule.Judge(own, last?.StartedAt, damagedAt, clock.GetUtcNow());
            found.Add(new SourceProtection(source.Id, source.Name, source.Engine, state, why, last?.Id, last?.StartedAt, own.Min(j => j.NextAt)));
        }

        var running = await db.Runs.AsNoTracking().Where(r => r.State == RunState.Running || r.State == RunState.Queued).OrderBy(r => r.QueuedAt).ToListAsync(cancel);
        return new OverviewFacts(found, await NeedsAsync(db, jobRows, found, cancel), running);
    }

    private async Task<IReadOnlyList<Need>> NeedsAsync(VaultDb db, IReadOnlyList<JobRow> jobRows, IReadOnlyList<SourceProtection> sources, CancellationToken cancel)
    {
        var needs = await VerifyNeedsAsync(db, cancel);
        foreach (var row in jobRows.Where(r => r.LastRun is { State: RunState.Failed or RunState.Interrupted }))
            needs.Add(new Need($"The last run of \"{row.Job.Name}\" {(row.LastRun!.State == RunState.Failed ? "failed" : "was interrupted")}: {row.LastRun.ProblemMessage}", $"runs/{row.LastRun.Id}", "Read the log"));
        foreach (var source in sources.Where(s => jobRows.All(j => j.Job.SourceId != s.SourceId)))
            needs.Add(new Need($"Nothing backs up the source \"{source.Name}\".", $"jobs/new?source={source.SourceId}", "Add job"));
        foreach (var profile in await db.EncryptionProfiles.AsNoTracking().Where(p => p.KeyCopiedAt == null && p.KitDownloadedAt == null).OrderBy(p => p.Name).ToListAsync(cancel))
            needs.Add(new Need($"The key of \"{profile.Name}\" exists in this vault only. If this machine dies, its backups cannot be opened.", "settings/vault", "Get its Recovery Kit"));
        needs.AddRange(await SpaceNeedsAsync(cancel));
        return needs;
    }

    private static async Task<List<Need>> VerifyNeedsAsync(VaultDb db, CancellationToken cancel)
    {
        var backups = await db.Backups.AsNoTracking().Include(b => b.Copies)
            .Where(b => b.State != BackupState.Expiring && b.Copies.Any(c => c.DamagedAt != null || c.VerifyProblemCode != null))
            .OrderByDescending(b => b.StartedAt).ToListAsync(cancel);
        var needs = backups.Where(b => b.State == BackupState.Damaged)
            .Select(b => new Need($"A backup of \"{b.SourceName}\" is damaged: {b.Copies.First(c => c.IsDamaged).VerifyProblemMessage}", $"backups/{b.Id}", "Open the backup")).ToList();
        var unknown = backups.Count(b => b.State is BackupState.Available or BackupState.Found);
        if (unknown > 0)
            needs.Add(new Need($"{unknown} {(unknown == 1 ? "backup" : "backups")} could not be verified.", "backups?state=unverified", unknown == 1 ? "Show it" : "Show them"));
        return needs;
    }

    private async Task<IReadOnlyList<Need>> SpaceNeedsAsync(CancellationToken cancel)
    {
        var needs = new List<Need>();
        foreach (var destination in await destinations.ListAsync())
        {
            var space = await destinations.FindSpaceAsync(destination.Id, cancel);
            var href = $"destinations/{destination.Id}";
            if (space.Problem is { } problem) needs.Add(new Need($"{destination.Name}: {problem.Message}", href, "Open the destination"));
            else if (space.Value is { FreeBytes: { } free, TotalBytes: > 0 and var total } && free < total * LowSpaceShare)
                needs.Add(new Need($"The destination \"{destination.Name}\" has {Shell.Units.Size(free)} left.", href, "Open the destination"));
        }

        return needs;
    }
}
