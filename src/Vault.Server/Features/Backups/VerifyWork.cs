using Microsoft.EntityFrameworkCore;
using Vault.Adapters;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Core.Pipeline;
using Vault.Server.Database;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;

namespace Vault.Server.Features.Backups;

/// <summary>What a run of kind Verify does: it reads, and changes nothing but what the catalogue knows.</summary>
internal sealed class VerifyWork(
    IDbContextFactory<VaultDb> databases, DestinationService destinations, ProfileService profiles, EngineRegistry engines, TimeProvider clock)
{
    private const string PasswordNext = "Nothing is known against the backup. A verify takes the server's own password: set BACKUP_ENCRYPTION_PASSWORD to the right one and verify again; a restore asks for it.";

    /// <summary>Ends with what was found, good or bad, as one with the end of the run.</summary>
    public async Task<RunEnd> RunAsync(Run run, IRunLog log, CancellationToken cancel)
    {
        log.Phase("Preparing");
        var (backup, copy) = await LoadAsync(VerifyRequest.FromJson(run.RequestJson).CopyId);
        var problem = await ProblemAsync(backup, copy, log, cancel);
        return new RunEnd(problem is null ? RunState.Succeeded : RunState.Failed, problem, (db, row) => Record(db, row, copy.Id, problem));
    }

    /// <summary>Null: proved.</summary>
    private async Task<Problem?> ProblemAsync(Backup backup, Copy copy, IRunLog log, CancellationToken cancel)
    {
        try
        {
            await using var store = await destinations.OpenStoreAsync(copy.DestinationId);
            var file = await StoredMetadata.FileOfAsync(store, backup, copy, cancel);
            var recorded = new RecordedBackup(backup.IsEncrypted, backup.StoredSha256, backup.DumpSha256);
            await BackupVerifier.VerifyAsync(file, recorded, await profiles.CandidatesAsync(), engines.CreateProof, log, cancel);
            return null;
        }
        catch (ProblemException failure) when (!cancel.IsCancellationRequested)
        {
            return failure.Problem.Code is RestoreWork.PasswordNeeded or RestoreWork.WrongPassword ? failure.Problem with { Next = PasswordNext } : failure.Problem;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException && !cancel.IsCancellationRequested)
        {
            return RunProblems.Unexpected(failure);
        }
    }

    private async Task<(Backup Backup, Copy Copy)> LoadAsync(Guid copyId)
    {
        await using var db = await databases.CreateDbContextAsync();
        var copy = await db.Copies.AsNoTracking().FirstOrDefaultAsync(c => c.Id == copyId);
        var backup = copy is null ? null : await db.Backups.AsNoTracking().FirstOrDefaultAsync(b => b.Id == copy.BackupId);
        return backup is null
            ? throw new ProblemException("backup-missing", "The backup was deleted before its verify began, so there was nothing to read.", "Nothing needs to be done.")
            : (backup, copy!);
    }

    /// <summary>By what the rows say now: the backup may have been deleted, or another copy verified, meanwhile.</summary>
    private void Record(VaultDb db, Run run, Guid copyId, Problem? problem)
    {
        if (db.Copies.Find(copyId) is not { } copy || db.Backups.Find(copy.BackupId) is not { } backup) return;
        var isAnotherDamaged = db.Copies.Any(c => c.BackupId == backup.Id && c.Id != copyId && c.DamagedAt != null);
        var wasProved = backup.State is BackupState.Available or BackupState.Damaged || copy.VerifiedAt is not null;
        var finding = VerifyRule.Judge(problem, wasProved);
        VerifyRule.Note(copy, finding, problem, run.Id, clock.GetUtcNow());
        backup.State = VerifyRule.After(backup.State, finding, isAnotherDamaged);
    }
}
