using Microsoft.EntityFrameworkCore;
using Vault.Adapters;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Pipeline;
using Vault.Server.Database;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Jobs;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Sources;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Features.Backups;

/// <summary>What a run of kind Backup does.</summary>
internal sealed class BackupWork(
    IDbContextFactory<VaultDb> databases, SourceService sources, DestinationService destinations, ProfileService profiles,
    RunPasswords passwords, EngineRegistry engines, TimeProvider clock)
{
    /// <summary>Returns once object and metadata are durable, with what the catalogue must then record.</summary>
    public async Task<Action<VaultDb, Run>> RunAsync(Run run, IRunLog log, CancellationToken cancel)
    {
        log.Phase("Preparing");
        var (job, source) = await LoadAsync(run);
        var engine = engines.Find(source.Engine) ?? throw new ProblemException(EngineUnknown(source));
        var settings = await sources.OpenSettingsAsync(source.Id);
        await using var store = await destinations.OpenStoreAsync(job.DestinationId);
        using var password = passwords.Open(run);
        var (key, format) = password is null ? await OpenKeyAsync(job, log) : default;
        using var masterKey = key?.Key;
        var plan = PlanOf(run, job, source, key) with { Password = password, Format = format };
        if (password is not null) log.Write(LogLevel.Info, "This backup is sealed with the password that was typed, not with the key of a profile. Vault does not keep it.");
        await using var dump = await engine.StartDumpAsync(new DumpRequest(settings, job.DumpFormat), log, cancel);
        var outcome = await BackupPipeline.RunAsync(dump, plan, run.Id, run.StartedAt!.Value, store, log, clock, cancel);
        return (db, row) =>
        {
            var backup = BackupRows.Of(outcome.Metadata, BackupState.Available, outcome.ObjectName, outcome.StoredSizeBytes, job.DestinationId);
            (backup.RunId, backup.JobId, backup.SourceId) = (run.Id, job.Id, source.Id);
            db.Backups.Add(backup);
            row.BackupId = backup.Id;
            (row.DoneBytes, row.TotalBytes) = (backup.DumpSizeBytes ?? row.DoneBytes, backup.DumpSizeBytes);
        };
    }

    private async Task<(Job Job, Source Source)> LoadAsync(Run run)
    {
        await using var db = await databases.CreateDbContextAsync();
        var job = await db.Jobs.AsNoTracking().FirstOrDefaultAsync(j => j.Id == run.JobId) ?? throw new ProblemException(RunProblems.JobGone);
        return (job, await db.Sources.AsNoTracking().SingleAsync(s => s.Id == job.SourceId));
    }

    private async Task<(BackupKey? Key, EncryptionFormat Format)> OpenKeyAsync(Job job, IRunLog log)
    {
        if (job.ProfileId is not { } profileId)
        {
            log.Write(LogLevel.Warning, "This job has no Encryption Profile: the backup is NOT encrypted");
            return (null, default);
        }

        await using var db = await databases.CreateDbContextAsync();
        var profile = await db.EncryptionProfiles.AsNoTracking().SingleAsync(p => p.Id == profileId);
        if (!profile.IsEnabled)
            throw new ProblemException("profile-disabled", $"The Encryption Profile \"{profile.Name}\" is disabled, so no backup was made.", "Enable it in Settings > Vault, or choose another one in the job.");
        return (new BackupKey(profile.Id, profile.Name, await profiles.OpenKeyAsync(profile.Id)), EncryptionFormats.Parse(profile.Format) ?? EncryptionFormat.Sealed);
    }

    private static BackupPlan PlanOf(Run run, Job job, Source source, BackupKey? key) => new(
        Guid.CreateVersion7(run.StartedAt!.Value), job.Id, job.Name, source.Name, source.Engine, job.Description, run.StartedBy,
        CompressionMethods.Parse(job.Compression).Value, job.CompressionLevel, key);

    private static Problem EngineUnknown(Source source) => new(
        "engine-unknown", $"This Vault has no engine \"{source.Engine}\", which the source \"{source.Name}\" needs, so no backup was made.",
        "Use the version of Vault that made this source, or make the source anew.");
}
