using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using System.Security.Cryptography;
using Shouldly;
using Vault.Core;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Jobs;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Sources;
using Vault.Testing;

namespace Vault.Server.Tests.Trials;

/// <summary>A vault with its folders, a database to protect on a server of its own, and the server process as often as it is started.</summary>
internal sealed class TrialVault : IAsyncDisposable
{
    public const string Database = "trial";
    public const string DatabaseUser = "trial_owner";
    private readonly string root = Directory.CreateTempSubdirectory("vault-trial-").FullName;
    private Desk? desk;

    private TrialVault(PostgresCluster cluster) => Cluster = cluster;

    public PostgresCluster Cluster { get; }

    /// <summary>Letters and digits only, so that no escaping hides it from a search.</summary>
    public string DatabasePassword { get; } = Canary("dbpw");

    public string AccountPassword { get; } = Canary("account");

    public string SystemKey { get; } = RandomNumberGenerator.GetHexString(64, lowercase: true);

    public string DataFolder => Path.Combine(root, "data");

    public string BackupFolder => Path.Combine(root, "backups");

    public string WorkFolder => Path.Combine(root, "work");

    public ConcurrentQueue<string> Said { get; } = new();

    public Desk Desk => desk ??= new Desk(Path.Combine(root, "desk"), Path.Combine(DataFolder, "vault.db"), KeyFile);

    public Guid SourceId { get; private set; }

    public Guid DestinationId { get; private set; }

    public Guid ProfileId { get; private set; }

    private string KeyFile => Path.Combine(root, "key");

    public static string Canary(string what) => $"Canary{what}{RandomNumberGenerator.GetHexString(20)}";

    public static async Task<TrialVault> MakeAsync()
    {
        var vault = new TrialVault(await PostgresCluster.StartAsync());
        foreach (var folder in new[] { vault.DataFolder, vault.BackupFolder, vault.WorkFolder }) Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(vault.KeyFile, vault.SystemKey);
        await vault.Cluster.ExecuteAsync("postgres", $"CREATE ROLE {DatabaseUser} SUPERUSER LOGIN PASSWORD '{vault.DatabasePassword}'");
        await vault.Cluster.CreateDatabaseAsync(Database);
        return vault;
    }

    public Task<TrialServer> StartServerAsync() => TrialServer.StartAsync(Said,
        ("ENCRYPTION_KEY", SystemKey), ("VAULT_DATA", DataFolder), ("BACKUP_DIR", BackupFolder), ("TMPDIR", WorkFolder), ("VAULT_RUNS_AT_ONCE", "1"),
        // Its debugging pipes in TMPDIR would hold up whoever reads every file there.
        ("DOTNET_EnableDiagnostics", "0"));

    /// <summary>Account, source, destination and profile; the server has made the vault before.</summary>
    public async Task SeedAsync()
    {
        (await Desk.Get<AccountService>().CreateFirstAdminAsync(TestVault.Admin.Name, AccountPassword, TestVault.Admin)).ShouldBeNullProblem();
        SourceId = await AddSourceAsync("Trial source", Cluster.Settings(Database, DatabaseUser, DatabasePassword));
        var folder = new SettingValues(new Dictionary<string, string> { ["folder"] = BackupFolder });
        DestinationId = (await Desk.Get<DestinationService>().SaveAsync(null, new DestinationForm("Trial folder", "local", folder), TestVault.Admin)).Value;
        ProfileId = (await Desk.Get<ProfileService>().CreateAsync("Trial profile", TestVault.Admin)).Value;
    }

    public async Task<Guid> AddSourceAsync(string name, SettingValues settings) =>
        (await Desk.Get<SourceService>().SaveAsync(null, new SourceForm(name, "postgresql", settings), TestVault.Admin)).Value;

    public async Task<Guid> AddJobAsync(string name, string format, string compression, int level, Guid? sourceId = null) =>
        (await Desk.Get<JobService>().AddAsync(
            new JobInput(name, sourceId ?? SourceId, DestinationId, ProfileId, format, compression, level, null, null, "UTC", true), TestVault.Admin)).Value;

    public async Task<Guid> QueueBackupAsync(Guid jobId) => (await Desk.Get<JobService>().StartAsync(jobId, TestVault.Admin)).Value;

    public async Task<Guid> QueueRestoreAsync(Guid backupId, string database = Database, Guid? sourceId = null, int connections = 1)
    {
        var backup = (await Desk.Get<BackupService>().FindAsync(backupId)).ShouldNotBeNull();
        var target = new RestoreTarget(backup.Copies[0].Copy.Id, sourceId ?? SourceId, database, connections);
        return (await Desk.Get<RestoreService>().StartAsync(backupId, target, database, TestVault.Admin, CancellationToken.None)).Value;
    }

    public async Task<Guid> QueueVerifyAsync(Guid backupId) => (await Desk.Get<VerifyService>().StartAsync([backupId], TestVault.Admin)).Value.RunIds[0];

    public async Task<Result<Guid>> StartRestoreAsync(Guid backupId, string password)
    {
        var backup = (await Desk.Get<BackupService>().FindAsync(backupId)).ShouldNotBeNull();
        var target = new RestoreTarget(backup.Copies[0].Copy.Id, SourceId, Database);
        return await Desk.Get<RestoreService>().StartAsync(backupId, target, Database, TestVault.Admin, CancellationToken.None, password);
    }

    public async Task<Run> EndOfAsync(Guid runId, TimeSpan? within = null)
    {
        Run? run = null;
        await Eventually.TrueAsync(async () => (run = await FindRunAsync(runId)).State is not (RunState.Queued or RunState.Running),
            $"run {runId} ends; the server said: {string.Join('\n', Said.TakeLast(20))}", within ?? TimeSpan.FromMinutes(2));
        return run!;
    }

    public async Task<Run> SuccessOfAsync(Guid runId, TimeSpan? within = null)
    {
        var run = await EndOfAsync(runId, within);
        run.State.ShouldBe(RunState.Succeeded, $"{run.Title}: {run.ProblemMessage}");
        return run;
    }

    public async Task<Run> FindRunAsync(Guid runId) => (await Desk.Get<RunService>().FindAsync(runId)).ShouldNotBeNull();

    public async Task<IReadOnlyList<Backup>> BackupsAsync()
    {
        await using var db = Desk.OpenDatabase();
        return await db.Backups.AsNoTracking().Include(b => b.Copies).ToListAsync();
    }

    public Task<DatabaseFingerprint> FingerprintAsync(string database = Database) => DatabaseFingerprint.TakeAsync(Cluster.ConnectionString(database));

    public async ValueTask DisposeAsync()
    {
        if (desk is not null) await desk.DisposeAsync();
        await Cluster.DisposeAsync();
        Directory.Delete(root, true);
    }
}
