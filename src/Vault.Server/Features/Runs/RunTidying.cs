using Microsoft.EntityFrameworkCore;
using Vault.Core.Metadata;
using Vault.Core.Stores;
using Vault.Server.Database;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Restores;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Features.Runs;

/// <summary>
/// Takes away what runs that ended badly left in the destinations and on the database servers. The row remembers who was not tidied up
/// after, so that a second crash, or a server that is away just now, only puts it off.
/// </summary>
internal sealed class RunTidying(
    IDbContextFactory<VaultDb> databases, RunService runs, RestoreWork restores, DestinationService destinations, ILogger<RunTidying> log)
{
    private readonly HashSet<Guid> told = [];

    public async Task TidyAsync(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        foreach (var run in await db.Runs.AsNoTracking().Where(r => r.MayHaveLeftovers).ToListAsync(cancel))
        {
            try
            {
                var removed = run.Kind == RunKind.Restore ? await TidyRestoreAsync(db, run, cancel) : await TidyBackupAsync(db, run, cancel);
                if (removed.Count > 0) await runs.AppendAsync(run.Id, LogLevel.Info, [.. removed.Select(what => $"Removed {what}, which was not whole")]);
                await db.Runs.Where(r => r.Id == run.Id).ExecuteUpdateAsync(set => set.SetProperty(r => r.MayHaveLeftovers, false), cancel);
            }
            catch (Exception failure) when (!cancel.IsCancellationRequested)
            {
                if (told.Add(run.Id)) log.LogWarning("What run {RunId} left behind cannot be removed yet ({Reason}); it is tried again every minute", run.Id, failure.Message);
            }
        }
    }

    /// <summary>Of writers that no longer live, whosever they were.</summary>
    public async Task RemoveAbandonedAsync(CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        foreach (var id in await db.Destinations.Select(d => d.Id).ToListAsync(cancel))
        {
            try
            {
                await using var store = await destinations.OpenStoreAsync(id);
                await store.RemoveAbandonedAsync(cancel);
            }
            catch (Exception failure) when (!cancel.IsCancellationRequested)
            {
                log.LogWarning("Destination {Id} cannot be tidied up ({Reason})", id, failure.Message);
            }
        }
    }

    private async Task<IReadOnlyList<string>> TidyRestoreAsync(VaultDb db, Run run, CancellationToken cancel)
    {
        var target = RestoreTarget.FromJson(run.RequestJson);
        // Without its source there are no credentials to look with, and there never will be.
        if (!await db.Sources.AnyAsync(s => s.Id == target.SourceId, cancel)) return [];
        if (await db.Backups.AsNoTracking().FirstOrDefaultAsync(b => b.Id == run.BackupId, cancel) is not { } backup) return [];
        var (engine, request) = await restores.RequestAsync(run.Id, target, backup);
        return await engine.CleanUpRestoreAsync(request, cancel);
    }

    /// <summary>An object of its own whose metadata was never written is no backup; nobody else may claim it.</summary>
    private async Task<IReadOnlyList<string>> TidyBackupAsync(VaultDb db, Run run, CancellationToken cancel)
    {
        var removed = new List<string>();
        Exception? first = null;
        // The job may name another destination by now; and one that is away must not keep the others untidy.
        foreach (var id in await db.Destinations.Select(d => d.Id).ToListAsync(cancel))
        {
            try
            {
                await using var store = await destinations.OpenStoreAsync(id);
                removed.AddRange(await RemoveOwnAsync(store, run, cancel));
            }
            catch (Exception failure) when (!cancel.IsCancellationRequested)
            {
                first ??= failure;
            }
        }

        return first is null ? removed : throw first;
    }

    private static async Task<List<string>> RemoveOwnAsync(IObjectStore store, Run run, CancellationToken cancel)
    {
        var removed = (await store.RemoveAbandonedAsync(cancel)).Where(name => RunMark.IsIn(name, run.Id)).ToList();
        var own = await OwnObjectsAsync(store, run, cancel);
        foreach (var name in own.Where(n => !ObjectNames.IsMetadata(n) && !own.Contains(ObjectNames.MetadataOf(n))))
        {
            await store.DeleteAsync(name, cancel);
            removed.Add(name);
        }

        return removed;
    }

    private static async Task<HashSet<string>> OwnObjectsAsync(IObjectStore store, Run run, CancellationToken cancel)
    {
        var own = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var item in store.ListAsync(cancel))
            if (RunMark.IsIn(item.Name, run.Id)) own.Add(item.Name);
        return own;
    }
}
