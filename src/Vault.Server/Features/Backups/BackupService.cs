using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Core.Metadata;
using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Runs;

namespace Vault.Server.Features.Backups;

/// <param name="State">Damaged, or unverified: those whose last verify could not look at them.</param>
internal sealed record BackupFilter(Guid? DestinationId = null, string? Profile = null, string? Source = null, string? State = null, Guid? JobId = null);

/// <summary>A copy with the name of its destination.</summary>
internal sealed record CopyRow(Copy Copy, string DestinationName);

internal sealed record BackupRow(Backup Backup, IReadOnlyList<CopyRow> Copies);

/// <summary>The catalogue of backups.</summary>
internal sealed class BackupService(
    IDbContextFactory<VaultDb> databases, DestinationService destinations, AuditLog audit)
{
    public const string NoProfile = "none", ByPassword = "password", Damaged = "damaged", Unverified = "unverified";

    public async Task<IReadOnlyList<BackupRow>> ListAsync(BackupFilter filter)
    {
        await using var db = await databases.CreateDbContextAsync();
        var backups = db.Backups.AsNoTracking().Include(b => b.Copies).AsQueryable();
        if (filter.DestinationId is { } destination) backups = backups.Where(b => b.Copies.Any(c => c.DestinationId == destination));
        if (filter.Source is { Length: > 0 } source) backups = backups.Where(b => b.SourceName == source);
        if (filter.Profile == NoProfile) backups = backups.Where(b => !b.IsEncrypted);
        else if (filter.Profile == ByPassword) backups = backups.Where(b => b.IsFromPassword);
        else if (filter.Profile is { Length: > 0 } profile) backups = backups.Where(b => b.ProfileId == profile || b.KeyFingerprint == profile || b.ProfileName == profile);
        if (filter.State == Damaged) backups = backups.Where(b => b.State == BackupState.Damaged);
        else if (filter.State == Unverified) backups = backups.Where(b => (b.State == BackupState.Available || b.State == BackupState.Found) && b.Copies.Any(c => c.VerifyProblemCode != null));
        if (filter.JobId is { } job) backups = backups.Where(b => b.JobId == job);
        var names = await db.Destinations.AsNoTracking().ToDictionaryAsync(d => d.Id, d => d.Name);
        return [.. (await backups.OrderByDescending(b => b.StartedAt).ToListAsync()).Select(b => RowOf(b, names))];
    }

    /// <summary>The sources that the catalogue knows, also those of other vaults.</summary>
    public async Task<IReadOnlyList<string>> SourceNamesAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Backups.Select(b => b.SourceName).Distinct().OrderBy(n => n).ToListAsync();
    }

    public async Task<BackupRow?> FindAsync(Guid id)
    {
        await using var db = await databases.CreateDbContextAsync();
        if (await db.Backups.AsNoTracking().Include(b => b.Copies).FirstOrDefaultAsync(b => b.Id == id) is not { } backup) return null;
        return RowOf(backup, await db.Destinations.AsNoTracking().ToDictionaryAsync(d => d.Id, d => d.Name));
    }

    /// <summary>The description in the catalogue; the metadata in the destination stays as it was written.</summary>
    public async Task<Problem?> DescribeAsync(Guid id, string? description, Actor actor)
    {
        await using var db = await databases.CreateDbContextAsync();
        if (await db.Backups.FindAsync(id) is not { } backup) return Gone;
        backup.Description = string.IsNullOrWhiteSpace(description) ? null : description.Trim();
        await db.SaveChangesAsync();
        await audit.WriteAsync(actor, "backup-described", id.ToString());
        return null;
    }

    /// <summary>The row says Expiring first; then the metadata, whose presence says that the object is whole, then the object, then the row go. A crash in between is ended at the next start.</summary>
    public async Task<Problem?> DeleteAsync(Guid id, Actor actor)
    {
        await using (var db = await databases.CreateDbContextAsync())
        {
            if (await db.Runs.AnyAsync(r => r.BackupId == id && r.Kind == RunKind.Restore && (r.State == RunState.Queued || r.State == RunState.Running)))
                return new Problem("backup-in-use", "A restore of this backup is queued or running, so it was not deleted.", "Wait for its end or cancel it, then delete the backup.");
            if (await db.Backups.Where(b => b.Id == id).ExecuteUpdateAsync(set => set.SetProperty(b => b.State, BackupState.Expiring)) == 0) return Gone;
        }

        var problem = await FinishDeleteAsync(id);
        await audit.WriteAsync(actor, "backup-deleted", id.ToString(), problem?.Code ?? "done");
        return problem;
    }

    /// <summary>Ends deletions that a crash cut short.</summary>
    public async Task FinishDeletesAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        foreach (var id in await db.Backups.Where(b => b.State == BackupState.Expiring).Select(b => b.Id).ToListAsync()) await FinishDeleteAsync(id);
    }

    /// <summary>Opens an object of a backup for download.</summary>
    public async Task<Result<Download>> OpenAsync(Guid copyId, bool isMetadata, Actor actor, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        if (await db.Copies.AsNoTracking().FirstOrDefaultAsync(c => c.Id == copyId, cancel) is not { } copy) return Gone;
        var name = isMetadata ? ObjectNames.MetadataOf(copy.ObjectName) : copy.ObjectName;
        var store = await destinations.OpenStoreAsync(copy.DestinationId);
        try
        {
            var content = await store.OpenReadAsync(name, cancel);
            await audit.WriteAsync(actor, "backup-downloaded", name);
            return new Download(name.Split('/')[^1], content, store);
        }
        catch (ProblemException failure)
        {
            await store.DisposeAsync();
            return failure.Problem;
        }
    }

    private static Problem Gone { get; } = new("backup-missing", "This backup was deleted meanwhile, so nothing was done.", "Go back to the list of backups.");

    private static BackupRow RowOf(Backup backup, Dictionary<Guid, string> names) =>
        new(backup, [.. backup.Copies.Select(c => new CopyRow(c, names.GetValueOrDefault(c.DestinationId, "deleted destination")))]);

    private async Task<Problem?> FinishDeleteAsync(Guid id)
    {
        await using var db = await databases.CreateDbContextAsync();
        var backup = await db.Backups.Include(b => b.Copies).SingleAsync(b => b.Id == id);
        try
        {
            foreach (var copy in backup.Copies)
            {
                await using var store = await destinations.OpenStoreAsync(copy.DestinationId);
                await store.DeleteAsync(ObjectNames.MetadataOf(copy.ObjectName), CancellationToken.None);
                await store.DeleteAsync(copy.ObjectName, CancellationToken.None);
            }
        }
        catch (ProblemException failure)
        {
            return failure.Problem;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new Problem("delete-failed", $"The destination did not delete the backup ({failure.Message}); it stays in the list as Expiring.", "Check the destination, then delete the backup again.");
        }

        db.Backups.Remove(backup);
        await db.SaveChangesAsync();
        return null;
    }
}

/// <summary>An object on its way to a person; disposing it closes the store.</summary>
internal sealed record Download(string FileName, Stream Content, IAsyncDisposable Store) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Content.DisposeAsync();
        await Store.DisposeAsync();
    }
}
