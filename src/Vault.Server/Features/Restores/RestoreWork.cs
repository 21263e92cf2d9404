using Microsoft.EntityFrameworkCore;
using Vault.Adapters;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Stores;
using Vault.Server.Database;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Settings;
using Vault.Server.Features.Sources;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Features.Restores;

/// <summary>What a run of kind Restore does.</summary>
internal sealed class RestoreWork(
    IDbContextFactory<VaultDb> databases, SourceService sources, DestinationService destinations, ProfileService profiles,
    RunPasswords passwords, EngineRegistry engines, SpoolRule spool)
{
    public const string PasswordNeeded = "password-needed", WrongPassword = "wrong-password";

    public async Task<Action<VaultDb, Run>> RunAsync(Run run, IRunLog log, CancellationToken cancel)
    {
        log.Phase("Preparing");
        var target = RestoreTarget.FromJson(run.RequestJson);
        var (backup, copy) = await LoadAsync(target);
        var (engine, request) = await RequestAsync(run.Id, target, backup);
        await using var store = await destinations.OpenStoreAsync(copy.DestinationId);
        using var password = passwords.Open(run);
        await using var opened = await OpenAsync(store, backup, copy, password, log, cancel);
        // What the authenticated dump is goes before what the catalogue took it for.
        var origin = request.Origin with { Format = opened.Metadata.DumpFormat ?? request.Origin.Format };
        var outcome = await engine.RestoreAsync(request with { Origin = origin }, opened.Dump, log, cancel);
        if (outcome.KeptAs is { } keptAs)
            log.Write(LogLevel.Info, $"The database that was replaced is kept as {keptAs}");
        // The tag or the checksum of the whole file was verified: what a scan only found is proved now. Without either nothing is.
        var isProved = opened.Metadata.IsEncrypted || opened.Metadata.Sha256?.Stored is not null;
        return (db, row) =>
        {
            row.KeptAs = outcome.KeptAs;
            if (isProved && db.Backups.Find(backup.Id) is { State: BackupState.Found } found) found.State = BackupState.Available;
        };
    }

    /// <summary>The engine and its request, as they were when the restore was asked for.</summary>
    public async Task<(IDatabaseEngine Engine, RestoreRequest Request)> RequestAsync(Guid runId, RestoreTarget target, Backup backup)
    {
        await using var db = await databases.CreateDbContextAsync();
        var source = await db.Sources.AsNoTracking().FirstOrDefaultAsync(s => s.Id == target.SourceId)
            ?? throw new ProblemException("source-missing", "The source that the restore was to go into was deleted, so nothing was restored.", "Choose another target.");
        if (source.Engine != backup.Engine)
            throw new ProblemException("engine-differs", $"A backup of {backup.Engine} cannot be restored into {source.Engine}, so nothing was restored.", $"Choose a target whose engine is {backup.Engine}.");
        var engine = engines.Find(source.Engine)
            ?? throw new ProblemException("engine-unknown", $"This Vault has no engine \"{source.Engine}\", so nothing was restored.", "Use the version of Vault that made this source.");
        var origin = new DumpOrigin(backup.Engine, backup.EngineVersion, backup.ToolVersion, backup.DumpFormat,
            backup.Databases.Split(',') is [{ Length: > 0 } only] ? only : null, backup.DumpSizeBytes);
        return (engine, new RestoreRequest(runId, await sources.OpenSettingsAsync(source.Id), target.Database, origin)
        {
            ParallelConnections = target.ParallelConnections,
            SpoolFolder = await spool.AllowedFolderAsync(), // as it is now: it may have been forbidden since the run was queued
        });
    }

    /// <summary>Whether the password opens the backup, as far as its header tells; what else may be wrong with the file, the run finds.</summary>
    public async Task<Problem?> CheckPasswordAsync(RestoreTarget target, string? typed, CancellationToken cancel)
    {
        using var password = string.IsNullOrEmpty(typed) ? null : Password.From(typed);
        try
        {
            var (backup, copy) = await LoadAsync(target);
            if (backup.Format != EncryptionFormat.Sealed.ToWord()) return null;
            await using var store = await destinations.OpenStoreAsync(copy.DestinationId);
            var file = new BackupFile(copy.ObjectName, null, (offset, token) => store.OpenReadAsync(copy.ObjectName, offset, token), copy.SizeBytes);
            var problem = await BackupOpener.CheckPasswordAsync(file, await profiles.CandidatesAsync(password), cancel);
            return problem is { Code: PasswordNeeded or WrongPassword } ? problem : null;
        }
        catch (Exception failure) when (failure is ProblemException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private async Task<(Backup Backup, Copy Copy)> LoadAsync(RestoreTarget target)
    {
        await using var db = await databases.CreateDbContextAsync();
        var copy = await db.Copies.AsNoTracking().FirstOrDefaultAsync(c => c.Id == target.CopyId);
        var backup = copy is null ? null : await db.Backups.AsNoTracking().FirstOrDefaultAsync(b => b.Id == copy.BackupId);
        return backup is null
            ? throw new ProblemException("backup-missing", "The backup was deleted before the restore began, so nothing was restored.", "Choose another backup.")
            : (backup, copy!);
    }

    private async Task<OpenedBackup> OpenAsync(IObjectStore store, Backup backup, Copy copy, Password? password, IRunLog log, CancellationToken cancel)
    {
        var isSealed = backup.Format == EncryptionFormat.Sealed.ToWord();
        var file = await StoredMetadata.FileOfAsync(store, backup, copy, cancel);
        if (!isSealed && file.Metadata is { } found) RefuseExchanged(backup, found);
        var opened = await BackupOpener.OpenAsync(file, await profiles.CandidatesAsync(password), log, cancel);
        if (isSealed == (opened.Format == EncryptionFormat.Sealed)) return opened;
        await opened.DisposeAsync();
        throw new ProblemException(Exchanged);
    }

    /// <summary>
    /// The metadata in a destination is not authenticated: whoever writes there could say "not encrypted" and put any script in
    /// the backup's place, or an older backup. What the catalogue recorded when it first saw the backup stands.
    /// </summary>
    private static void RefuseExchanged(Backup backup, BackupMetadata found)
    {
        if (!new RecordedBackup(backup.IsEncrypted, backup.StoredSha256, backup.DumpSha256).IsOf(found))
            throw new ProblemException(Exchanged);
    }

    private static Problem Exchanged { get; } = new("backup-exchanged",
        "What is in the destination is not this backup (its encryption or its checksums differ from what the catalogue recorded), so nothing was restored.",
        "Find out who changed it, and put the backup's own files back from another copy.");
}
