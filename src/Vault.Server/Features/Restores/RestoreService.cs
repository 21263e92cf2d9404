using Microsoft.EntityFrameworkCore;
using Vault.Adapters;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Settings;
using Vault.Server.Features.Sources;

namespace Vault.Server.Features.Restores;

internal sealed record DatabaseNames(IReadOnlyList<string> Names);

/// <summary>Plans and starts restores.</summary>
internal sealed class RestoreService(
    IDbContextFactory<VaultDb> databases, RestoreWork work, RunService runs, RunPasswords passwords, SourceService sources, EngineRegistry engines, SpoolRule spool,
    AuditLog audit, TimeProvider clock)
{
    /// <summary>The sources that this backup could go into.</summary>
    public async Task<IReadOnlyList<Source>> TargetsAsync(Backup backup)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Sources.AsNoTracking().Where(s => s.Engine == backup.Engine).OrderBy(s => s.Name).ToListAsync();
    }

    /// <summary>The databases on a source's server.</summary>
    public async Task<Result<DatabaseNames>> DatabasesAsync(Guid sourceId, Backup backup, CancellationToken cancel)
    {
        try
        {
            var (engine, request) = await work.RequestAsync(Guid.Empty, new RestoreTarget(Guid.Empty, sourceId, ""), backup);
            return new DatabaseNames(await engine.ListDatabasesAsync(request.Target, cancel));
        }
        catch (ProblemException failure)
        {
            return failure.Problem;
        }
    }

    /// <summary>The database that the source itself names: where "same database" goes.</summary>
    public async Task<string?> OwnDatabaseAsync(Guid sourceId)
    {
        var settings = await sources.OpenSettingsAsync(sourceId);
        return settings["database"] ?? settings["path"];
    }

    /// <summary>Over how many connections this backup may be restored.</summary>
    public async Task<ParallelChoice> ParallelAsync(Backup backup) => engines.Find(backup.Engine) is { } engine
        ? ParallelChoice.Of(engine.Description, backup.DumpFormat, backup.DumpSizeBytes, await spool.AllowedFolderAsync(), Environment.ProcessorCount)
        : ParallelChoice.None;

    /// <summary>What the restore will do, and what forbids it; changes nothing.</summary>
    public async Task<Result<RestorePlan>> PlanAsync(Guid backupId, RestoreTarget target, CancellationToken cancel)
    {
        try
        {
            var backup = await FindAsync(backupId) ?? throw new ProblemException(BackupGone);
            if (!backup.IsRestorable)
                return new Problem("backup-unavailable", $"This backup is {backup.State}, so it cannot be restored.", "Scan the destination, or choose another backup.");
            if (target.ParallelConnections is < 1 or > ParallelChoice.MostConnections)
                return new Problem("connections-invalid", $"A restore uses 1 to {ParallelChoice.MostConnections} connections, not {target.ParallelConnections}.", "Correct the number of parallel connections.");
            var (engine, request) = await work.RequestAsync(Guid.NewGuid(), target, backup);
            return await engine.PlanRestoreAsync(request, cancel);
        }
        catch (ProblemException failure)
        {
            return failure.Problem;
        }
    }

    /// <param name="typed">The name of the database as the person typed it to confirm.</param>
    /// <param name="password">Of a backup that was made with one; null: the server's own is tried.</param>
    public async Task<Result<Guid>> StartAsync(Guid backupId, RestoreTarget target, string? typed, Actor actor, CancellationToken cancel, string? password = null)
    {
        if (typed != target.Database)
            return new Problem("not-confirmed", $"The name that was typed is not \"{target.Database}\", so nothing was started.", $"Type {target.Database} to confirm that it may be replaced.");
        var plan = await PlanAsync(backupId, target, cancel);
        if ((plan.Problem ?? plan.Value.Problem) is { } problem) return problem;
        var backup = await FindAsync(backupId);
        if (backup is null) return BackupGone;
        if (await work.CheckPasswordAsync(target, password, cancel) is { } refusal) return refusal;
        var now = clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var run = new Run
        {
            Id = id, WrappedPassword = passwords.Wrap(id, password), Kind = RunKind.Restore, State = RunState.Queued, BackupId = backupId,
            Title = $"{backup.SourceName} → {target.Database}", StartedBy = actor.Name, QueuedAt = now, RequestJson = target.ToJson(),
        };
        await runs.AddAsync(run, target.ExclusiveKey);
        await audit.WriteAsync(actor, "restore-started", run.Title, "queued");
        return run.Id;
    }

    private static Problem BackupGone { get; } = new("backup-missing", "This backup was deleted meanwhile, so nothing was started.", "Choose another backup.");

    private async Task<Backup?> FindAsync(Guid id)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Backups.AsNoTracking().Include(b => b.Copies).FirstOrDefaultAsync(b => b.Id == id);
    }
}
