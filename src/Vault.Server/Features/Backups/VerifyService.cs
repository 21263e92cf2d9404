using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Runs;

namespace Vault.Server.Features.Backups;

/// <summary>The runs that verify what was asked for: one for each copy.</summary>
internal sealed record StartedVerifies(IReadOnlyList<Guid> RunIds);

/// <summary>Queues verifies, and takes note that a person knows of damage.</summary>
internal sealed class VerifyService(IDbContextFactory<VaultDb> databases, RunService runs, AuditLog audit, TimeProvider clock)
{
    /// <summary>Queues a verify of every copy of these backups. A copy that waits for one already gets no second.</summary>
    public async Task<Result<StartedVerifies>> StartAsync(IReadOnlyCollection<Guid> backupIds, Actor actor)
    {
        await using var db = await databases.CreateDbContextAsync();
        var copies = await db.Copies.AsNoTracking().Where(c => backupIds.Contains(c.BackupId)).ToListAsync();
        if (copies.Count == 0)
            return new Problem("backup-missing", "There is no such backup; it may have been deleted meanwhile. Nothing was started.", "Go back to the list of backups.");
        var started = await StartAsync(db, copies, actor.Name);
        await audit.WriteAsync(actor, "verify-started", copies.Count == 1 ? copies[0].ObjectName : $"{copies.Count} copies", "queued");
        return started;
    }

    /// <summary>What the schedule does: the copies whose proof is oldest.</summary>
    public async Task<StartedVerifies> StartOldestAsync(VerificationSettings settings)
    {
        await using var db = await databases.CreateDbContextAsync();
        var waiting = await WaitingAsync(db);
        var candidates = await (from copy in db.Copies.AsNoTracking()
                                join backup in db.Backups on copy.BackupId equals backup.Id
                                where backup.State != BackupState.Expiring && backup.State != BackupState.Missing
                                select new VerifyCandidate(copy, backup.StartedAt)).ToListAsync();
        var chosen = VerifyChoice.Pick(candidates.Where(c => !waiting.ContainsKey(c.Copy.Id)), settings.MaxBackups, settings.MaxBytes);
        return await StartAsync(db, [.. chosen.Select(c => c.Copy)], "schedule");
    }

    /// <summary>The backups that are damaged and that nobody has said to know about.</summary>
    public async Task<IReadOnlyList<Guid>> UnacknowledgedAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Copies.Where(c => c.DamagedAt != null && c.DamageAcknowledgedAt == null).Select(c => c.BackupId).Distinct().OrderBy(id => id).ToListAsync();
    }

    /// <summary>A person knows: the alert on every page ends. The backup stays red until a verify proves it.</summary>
    public async Task AcknowledgeAsync(Actor actor)
    {
        await using var db = await databases.CreateDbContextAsync();
        var now = clock.GetUtcNow();
        var count = await db.Copies.Where(c => c.DamagedAt != null && c.DamageAcknowledgedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(c => c.DamageAcknowledgedAt, now));
        if (count > 0) await audit.WriteAsync(actor, "damage-acknowledged", $"{count} {(count == 1 ? "copy" : "copies")}");
    }

    private async Task<StartedVerifies> StartAsync(VaultDb db, List<Copy> copies, string startedBy)
    {
        var waiting = await WaitingAsync(db);
        var names = await db.Destinations.AsNoTracking().ToDictionaryAsync(d => d.Id, d => d.Name);
        var ids = new List<Guid>();
        foreach (var copy in copies)
        {
            if (waiting.TryGetValue(copy.Id, out var known))
            {
                ids.Add(known);
                continue;
            }

            var source = await db.Backups.Where(b => b.Id == copy.BackupId).Select(b => b.SourceName).FirstAsync();
            var run = RunOf(copy, $"{source} in {names.GetValueOrDefault(copy.DestinationId, "deleted destination")}", startedBy);
            await runs.AddAsync(run);
            ids.Add(run.Id);
        }

        return new StartedVerifies(ids);
    }

    private Run RunOf(Copy copy, string title, string startedBy)
    {
        var now = clock.GetUtcNow();
        return new Run
        {
            Id = Guid.CreateVersion7(now), Kind = RunKind.Verify, State = RunState.Queued, BackupId = copy.BackupId, Title = title,
            StartedBy = startedBy, QueuedAt = now, RequestJson = new VerifyRequest(copy.Id).ToJson(),
        };
    }

    /// <summary>By copy: the verifies that have not ended.</summary>
    private static async Task<Dictionary<Guid, Guid>> WaitingAsync(VaultDb db)
    {
        var rows = await db.Runs.AsNoTracking().Where(r => r.Kind == RunKind.Verify && (r.State == RunState.Queued || r.State == RunState.Running)).ToListAsync();
        return rows.GroupBy(r => VerifyRequest.FromJson(r.RequestJson).CopyId).ToDictionary(g => g.Key, g => g.First().Id);
    }
}
