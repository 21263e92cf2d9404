using System.Globalization;
using Vault.Core;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Jobs;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Sources;

namespace Vault.Server.Features.Sample;

/// <summary>
/// The main job, seen in a minute with no server installed: a shop database is backed up, restored into a second file and
/// compared row by row. Uses the services that the pages use; what exists from an earlier time is used again.
/// </summary>
internal sealed class SampleRun(
    SourceService sources, DestinationService destinations, ProfileService profiles, JobService jobs, BackupService backups,
    RestoreService restores, RunFeed feed, SampleFolders folders, TimeProvider clock)
{
    private const string Name = "Sample shop";
    private const string Engine = "sqlite";
    private static readonly Actor Person = new("sample", null);

    public async Task ShowAsync(TextWriter output, CancellationToken cancel)
    {
        var watch = clock.GetTimestamp();
        await SampleShop.MakeAsync(folders.Shop, cancel);
        await output.WriteLineAsync($"Sample shop: {folders.Shop}");

        var source = await SourceAsync();
        var job = await JobAsync(source);
        var backup = await FollowAsync((await jobs.StartAsync(job, Person)).Value, output, cancel);
        await RestoreAsync(source, backup, output, cancel);

        var (rows, difference) = await RowComparison.CompareAsync(folders.Shop, folders.Restored, cancel);
        if (difference is not null)
            throw new ProblemException("sample-differs", $"The restored sample is not equal to the original: {difference}.", "Report this: it must not happen.");
        await output.WriteLineAsync($"The whole way took {clock.GetElapsedTime(watch).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s.");
        await output.WriteLineAsync($"sample restored: {rows} rows equal");
    }

    private async Task<Guid> SourceAsync() =>
        (await sources.ListAsync()).FirstOrDefault(s => s.Name == Name)?.Id
        ?? (await sources.SaveAsync(null, new SourceForm(Name, Engine, Values("path", folders.Shop)), Person)).Value;

    private async Task<Guid> DestinationAsync() =>
        (await destinations.ListAsync()).FirstOrDefault(d => d.Place == folders.Backups)?.Id
        ?? (await destinations.SaveAsync(null, new DestinationForm("Backups", "local", Values("folder", folders.Backups)), Person)).Value;

    private async Task<Guid> ProfileAsync() =>
        (await profiles.ListAsync()).FirstOrDefault(p => p.Name == Name)?.Id
        ?? (await profiles.CreateAsync(Name, Person)).Value;

    private async Task<Guid> JobAsync(Guid source)
    {
        if ((await jobs.ListAsync()).FirstOrDefault(j => j.Job.Name == Name) is { } existing) return existing.Job.Id;
        var format = sources.Engines.Single(e => e.Id == Engine).DumpFormats[0].Id;
        var form = new JobForm
        {
            Name = Name, SourceId = source, DestinationId = await DestinationAsync(), ProfileId = await ProfileAsync(), DumpFormat = format,
            Description = "Made by ./run --sample", Schedule = JobSchedule.Default, TimeZone = TimeZoneInfo.Local.Id,
        };
        return (await jobs.AddAsync(form.ToInput().Value, Person)).Value;
    }

    private async Task RestoreAsync(Guid source, Guid backupId, TextWriter output, CancellationToken cancel)
    {
        // The sample's own file of an earlier time; a restore over it would keep a copy of it.
        File.Delete(folders.Restored);
        var backup = await backups.FindAsync(backupId)
            ?? throw new ProblemException("backup-missing", "The backup that was just made is not in the catalogue.", "Report this: it must not happen.");
        var target = new RestoreTarget(backup.Copies[0].Copy.Id, source, folders.Restored);
        var started = await restores.StartAsync(backupId, target, folders.Restored, Person, cancel);
        await FollowAsync(started.Value, output, cancel);
    }

    /// <summary>Prints the log as it goes. Returns the backup that was made or restored.</summary>
    private async Task<Guid> FollowAsync(Guid runId, TextWriter output, CancellationToken cancel)
    {
        RunStatus? status = null;
        await foreach (var update in feed.FollowAsync(runId, 1, cancel))
        {
            status = update.Status ?? status;
            foreach (var line in update.Lines ?? [])
                await output.WriteLineAsync($"  {line.At.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture)}  {line.Text}");
        }

        return status switch
        {
            { State: RunState.Succeeded, BackupId: { } backup } => backup,
            { Problem: { } problem } => throw new ProblemException(problem),
            _ => throw new ProblemException("run-not-finished", "The run did not come to its end.", "Open Runs to see its log."),
        };
    }

    private static SettingValues Values(string name, string value) => new(new Dictionary<string, string> { [name] = value });
}
