using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Vault.Core;
using Vault.Core.Formats;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;
using Vault.Testing;
using TheVault = Vault.Server.Tests.Runs.TestVault;

namespace Vault.Server.Tests.Faults;

/// <summary>A vault with one source, destination, Encryption Profile and job, used as the pages use it.</summary>
internal sealed class Scene : IAsyncDisposable
{
    private Scene(TheVault vault) => Vault = vault;

    public static Actor Ada => TheVault.Ada;

    public TheVault Vault { get; }
    public Guid ProfileId { get; private set; }
    public Guid SourceId { get; private set; }
    public Guid DestinationId { get; private set; }
    public Guid JobId { get; private set; }

    public static async Task<Scene> StartAsync(TempFolder folder, SettingValues source, string format = "plain", Action<IServiceCollection>? replace = null, string profile = "Shop key", EncryptionFormat sealing = EncryptionFormat.Sealed)
    {
        var scene = new Scene(TheVault.Start(folder.Path, replace: replace));
        scene.ProfileId = (await scene.Vault.Profiles.CreateAsync(profile, Ada)).Value;
        if (sealing != EncryptionFormat.Sealed) (await scene.Vault.Profiles.SetFormatAsync(scene.ProfileId, sealing, Ada)).ShouldBeNull();
        scene.SourceId = await scene.Vault.AddSourceAsync("Shop", "postgresql", source);
        scene.DestinationId = await scene.Vault.AddDestinationAsync();
        scene.JobId = await scene.Vault.AddJobAsync("Shop", scene.SourceId, scene.DestinationId, scene.ProfileId, format);
        return scene;
    }

    public T Get<T>() where T : notnull => Vault.Services.GetRequiredService<T>();

    public async Task<Guid> StartJobAsync(Guid? jobId = null) => (await Vault.Jobs.StartAsync(jobId ?? JobId, Ada)).Value;

    public async Task<Run> RunJobAsync(Guid? jobId = null) => await Vault.EndOfAsync(await StartJobAsync(jobId));

    public async Task<BackupRow> BackUpAsync(Guid? jobId = null)
    {
        var run = await RunJobAsync(jobId);
        run.State.ShouldBe(RunState.Succeeded, await Vault.LogOfAsync(run.Id));
        return (await Vault.Backups.FindAsync(run.BackupId!.Value))!;
    }

    public async Task<Run> RestoreAsync(BackupRow backup, string database, Guid? sourceId = null) =>
        await Vault.EndOfAsync(await StartRestoreAsync(backup, database, sourceId));

    public async Task<Guid> StartRestoreAsync(BackupRow backup, string database, Guid? sourceId = null) =>
        (await Vault.Restores.StartAsync(backup.Backup.Id, TargetOf(backup, database, sourceId), database, Ada, default)).Value;

    public RestoreTarget TargetOf(BackupRow backup, string database, Guid? sourceId = null) =>
        new(backup.Copies[0].Copy.Id, sourceId ?? SourceId, database);

    public string PathOf(BackupRow backup) => Path.Combine(Vault.BackupFolder, backup.Copies[0].Copy.ObjectName);

    public async Task ShouldSucceedAsync(Run run) => run.State.ShouldBe(RunState.Succeeded, await Vault.LogOfAsync(run.Id));

    /// <summary>Red, with a sentence and what to do next, both also in the log; no secret in either.</summary>
    public async Task ShouldBeRedAsync(Run run, string code)
    {
        var log = await Vault.LogOfAsync(run.Id);
        run.State.ShouldBe(RunState.Failed, log);
        run.ProblemCode.ShouldBe(code, run.ProblemMessage);
        run.ProblemMessage.ShouldNotBeNullOrWhiteSpace();
        run.ProblemNext.ShouldNotBeNullOrWhiteSpace();
        log.ShouldContain(run.ProblemMessage!);
        log.ShouldNotContain(PostgresCluster.Password);
        $"{run.ProblemMessage} {run.ProblemNext}".ShouldNotContain("Exception");
    }

    /// <summary>Nothing is listed, nothing lies in the destination, and a scan finds nothing either.</summary>
    public async Task ShouldHaveLeftNothingAsync()
    {
        (await Vault.Backups.ListAsync(new BackupFilter())).ShouldBeEmpty();
        Vault.StoredFiles.ShouldBeEmpty();
        (await Vault.Scan.ScanAsync(DestinationId, default)).Added.ShouldBe(0);
    }

    public ValueTask DisposeAsync() => Vault.DisposeAsync();
}
