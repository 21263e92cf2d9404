using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Core.Formats;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Stores;
using Vault.Server.Database;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Runs;

namespace Vault.Server.Features.Backups;

/// <summary>An object that looks like a backup and is none.</summary>
internal sealed record NotABackup(string ObjectName, long SizeBytes, Problem Problem);

/// <summary>What a look into a destination found.</summary>
internal sealed record ScanResult(DateTimeOffset At, int Added, int Missing, int Returned, IReadOnlyList<NotABackup> NotBackups, Problem? Problem);

/// <summary>
/// Compares a destination with the catalogue: unknown backups are added (a vault that was made anew, another program's files),
/// what is gone is marked Missing, what has no readable metadata is named.
/// </summary>
internal sealed class DestinationScan(
    IDbContextFactory<VaultDb> databases, DestinationService destinations, LiveRuns liveRuns, TimeProvider clock, ILogger<DestinationScan> log) : IDisposable
{
    private readonly ConcurrentDictionary<Guid, ScanResult> newest = new();
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    /// <summary>What each destination held when it was last looked at, in this process.</summary>
    public IReadOnlyDictionary<Guid, ScanResult> Newest => newest;

    public async Task ScanAllAsync(CancellationToken cancel)
    {
        List<Guid> ids;
        await using (var db = await databases.CreateDbContextAsync(cancel)) ids = await db.Destinations.Select(d => d.Id).ToListAsync(cancel);
        foreach (var id in ids) await ScanAsync(id, cancel);
    }

    /// <summary>Expected failures, such as a folder that is not mounted, stand in the result, and then nothing is marked Missing.</summary>
    public async Task<ScanResult> ScanAsync(Guid destinationId, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        try
        {
            await using var store = await destinations.OpenStoreAsync(destinationId);
            return newest[destinationId] = await CompareAsync(store, destinationId, cancel);
        }
        catch (ProblemException failure)
        {
            return newest[destinationId] = new ScanResult(clock.GetUtcNow(), 0, 0, 0, [], failure.Problem);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.LogWarning(failure, "Destination {Id} could not be listed", destinationId);
            return newest[destinationId] = new ScanResult(clock.GetUtcNow(), 0, 0, 0, [], new Problem(
                "destination-unreadable", $"The destination could not be listed ({failure.Message}), so the catalogue is as it was.", "Check the destination, then scan it again."));
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Dispose() => oneAtATime.Dispose();

    private async Task<ScanResult> CompareAsync(IObjectStore store, Guid destinationId, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        // Known before found: runs go on meanwhile, and a backup that ends in between must not look as if it were missing.
        var known = await db.Copies.AsNoTracking().Where(c => c.DestinationId == destinationId).ToListAsync(cancel);
        var found = new Dictionary<string, StoredObject>(StringComparer.Ordinal);
        await foreach (var item in store.ListAsync(cancel)) found[item.Name] = item;
        var (missing, returned) = await MarkAsync(db, known, found, cancel);
        var knownNames = known.Select(c => c.ObjectName).ToHashSet(StringComparer.Ordinal);
        var notBackups = new List<NotABackup>();
        var added = 0;
        foreach (var item in found.Values.Where(o => !ObjectNames.IsMetadata(o.Name) && !knownNames.Contains(o.Name) && !IsBeingMade(o.Name)))
        {
            // Its own run may have ended, and recorded it, since the catalogue was read.
            if (await db.Copies.AnyAsync(c => c.DestinationId == destinationId && c.ObjectName == item.Name, cancel)) continue;
            var problem = await AdoptAsync(db, store, item, found.ContainsKey(ObjectNames.MetadataOf(item.Name)), destinationId, cancel);
            if (problem is null) added++;
            else notBackups.Add(new NotABackup(item.Name, item.SizeBytes, problem));
        }

        var emptiness = found.Count == 0 && known.Count > 0 ? Empty(known.Count) : null;
        return new ScanResult(clock.GetUtcNow(), added, missing, returned, notBackups, emptiness);
    }

    private static async Task<(int Missing, int Returned)> MarkAsync(
        VaultDb db, IReadOnlyList<Copy> known, Dictionary<string, StoredObject> found, CancellationToken cancel)
    {
        var (missing, returned) = (0, 0);
        foreach (var copy in known)
        {
            // By the state that it has now: a backup that is deleted meanwhile is neither.
            var backup = db.Backups.Where(b => b.Id == copy.BackupId);
            // A sealed file needs no metadata.
            if (found.ContainsKey(copy.ObjectName) && (found.ContainsKey(ObjectNames.MetadataOf(copy.ObjectName)) || await backup.AnyAsync(b => b.Format == "sealed", cancel)))
                // A copy that was damaged when it was last read stays so until a verify proves it.
                returned += await MoveAsync(backup.Where(b => b.State == BackupState.Missing), copy.IsDamaged ? BackupState.Damaged : BackupState.Found, cancel);
            else missing += await MoveAsync(backup.Where(b => b.State == BackupState.Available || b.State == BackupState.Found || b.State == BackupState.Damaged), BackupState.Missing, cancel);
        }

        return (missing, returned);
    }

    private static Task<int> MoveAsync(IQueryable<Backup> backups, BackupState state, CancellationToken cancel) =>
        backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.State, state), cancel);

    private static async Task<Problem?> AdoptAsync(VaultDb db, IObjectStore store, StoredObject item, bool hasMetadata, Guid destinationId, CancellationToken cancel)
    {
        var metadata = hasMetadata ? await ReadMetadataAsync(store, item, cancel) : MetadataMissing(item.Name);
        if (!metadata.IsOk && await ReadSealedAsync(store, item, cancel) is { } told) metadata = told;
        if (!metadata.IsOk) return metadata.Problem;
        var backup = BackupRows.Of(metadata.Value, BackupState.Found, item.Name, item.SizeBytes, destinationId);
        var isKnown = await db.Backups.AnyAsync(b => b.Id == backup.Id, cancel);
        if (isKnown) db.Copies.Add(BackupRows.CopyOf(backup.Id, item.Name, item.SizeBytes, destinationId));
        else
        {
            await LinkAsync(db, backup, metadata.Value, cancel);
            db.Backups.Add(backup);
        }

        await db.SaveChangesAsync(cancel);
        return null;
    }

    /// <summary>One file that cannot be read, such as one with a name that no store takes, does not hide the others.</summary>
    private static async Task<Result<BackupMetadata>> ReadMetadataAsync(IObjectStore store, StoredObject item, CancellationToken cancel)
    {
        try
        {
            return await StoredMetadata.ReadAsync(store, ObjectNames.MetadataOf(item.Name), cancel);
        }
        catch (ProblemException failure)
        {
            return failure.Problem;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new Problem("metadata-unreadable", $"The .meta.json beside {item.Name} could not be read ({failure.Message}), so it is not listed as a backup.", "Check the file and its rights, then scan again.");
        }
    }

    /// <summary>What a sealed file tells of itself; null when it is none. Its key decides later whether that is true.</summary>
    private static async Task<BackupMetadata?> ReadSealedAsync(IObjectStore store, StoredObject item, CancellationToken cancel)
    {
        try
        {
            await using var content = await store.OpenReadAsync(item.Name, cancel);
            var head = new byte[SealedHeader.Size];
            var header = SealedHeader.Parse(head.AsSpan(0, await content.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancel)));
            return header.IsOk ? SealedMetadata.Of(header.Value, item.Name) : null;
        }
        catch (Exception failure) when (failure is ProblemException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>To the job and source that made it, when this vault has them.</summary>
    private static async Task LinkAsync(VaultDb db, Backup backup, BackupMetadata metadata, CancellationToken cancel)
    {
        if (!Guid.TryParse(metadata.Job?.Id, out var jobId)) return;
        if (await db.Jobs.FirstOrDefaultAsync(j => j.Id == jobId, cancel) is not { } job) return;
        (backup.JobId, backup.SourceId) = (job.Id, job.SourceId);
    }

    private bool IsBeingMade(string objectName) => liveRuns.All.Any(run => RunMark.IsIn(objectName, run.Id));

    private static Problem Empty(int expected) => new(
        "destination-empty", $"The destination is empty, although it should hold {expected} backup{(expected == 1 ? "" : "s")}; they are marked Missing until it has them again.",
        "See whether its disk or share is mounted, then scan it again.");

    private static Result<BackupMetadata> MetadataMissing(string objectName) => new Problem(
        "metadata-missing", $"{objectName} has no .meta.json beside it, so it cannot be proved to be a whole backup and is not listed as one.",
        "Put its .meta.json back beside it and scan again, or delete the file.");
}
