using System.Security.Cryptography;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Vault.Core;
using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Jobs;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Sources;
using Vault.Testing;

namespace Vault.Server.Tests.Runs;

/// <summary>The whole server in this process, on a folder that can be opened again.</summary>
internal sealed class TestVault : WebApplicationFactory<Run>
{
    public static readonly Actor Ada = new("ada", "127.0.0.1");
    private readonly string folder;
    private readonly int runsAtOnce;
    private readonly Action<IServiceCollection>? replace;

    private TestVault(string folder, int runsAtOnce, Action<IServiceCollection>? replace) =>
        (this.folder, this.runsAtOnce, this.replace) = (folder, runsAtOnce, replace);

    public string BackupFolder => Path.Combine(folder, "backups");

    public JobService Jobs => Services.GetRequiredService<JobService>();

    public RunService Runs => Services.GetRequiredService<RunService>();

    public RestoreService Restores => Services.GetRequiredService<RestoreService>();

    public BackupService Backups => Services.GetRequiredService<BackupService>();

    public DestinationScan Scan => Services.GetRequiredService<DestinationScan>();

    public ProfileService Profiles => Services.GetRequiredService<ProfileService>();

    public IReadOnlyList<string> StoredFiles => Directory.Exists(BackupFolder)
        ? [.. Directory.EnumerateFiles(BackupFolder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(BackupFolder, f)).Order(StringComparer.Ordinal)]
        : [];

    public static string KeyFileOf(string folder)
    {
        var file = Path.Combine(folder, "key");
        if (!File.Exists(file)) File.WriteAllText(file, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        Directory.CreateDirectory(Path.Combine(folder, "backups"));
        return file;
    }

    /// <summary>Where the server's own password for backups is read from, when a test writes it there.</summary>
    public static string PasswordFileOf(string folder) => Path.Combine(folder, "backup-password");

    /// <param name="replace">Puts other things in the place of some of the server's, such as a clock.</param>
    public static TestVault Start(string folder, int runsAtOnce = 2, bool hasPort = false, Action<IServiceCollection>? replace = null)
    {
        var vault = new TestVault(folder, runsAtOnce, replace);
        if (hasPort) vault.UseKestrel(0);
        vault.StartServer();
        return vault;
    }

    public VaultDb Db() => Services.GetRequiredService<IDbContextFactory<VaultDb>>().CreateDbContext();

    public async Task<Guid> AddSourceAsync(string name, string engine, SettingValues settings) =>
        (await Services.GetRequiredService<SourceService>().SaveAsync(null, new SourceForm(name, engine, settings), Ada)).Value;

    public async Task<Guid> AddDestinationAsync(string name = "disk") => (await Services.GetRequiredService<DestinationService>().SaveAsync(
        null, new DestinationForm(name, "local", new SettingValues(new Dictionary<string, string> { ["folder"] = BackupFolder })), Ada)).Value;

    public async Task<Guid> AddJobAsync(string name, Guid sourceId, Guid destinationId, Guid? profileId, string format = "plain", string? schedule = null) =>
        (await Jobs.AddAsync(new JobInput(name, sourceId, destinationId, profileId, format, "GZIP", 1, null, schedule, "UTC", true) { IsPlaintextConfirmed = true }, Ada)).Value;

    public async Task<Run> EndOfAsync(Guid runId)
    {
        await Eventually.TrueAsync(async () => (await Runs.FindAsync(runId))!.State is not (RunState.Queued or RunState.Running), "the run has ended", TimeSpan.FromSeconds(60));
        return (await Runs.FindAsync(runId))!;
    }

    public async Task<string> LogOfAsync(Guid runId)
    {
        await using var db = Db();
        return string.Join('\n', await db.RunLog.Where(l => l.RunId == runId).OrderBy(l => l.Seq).Select(l => l.Text).ToListAsync());
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("ENCRYPTION_KEY_FILE", KeyFileOf(folder));
        if (File.Exists(PasswordFileOf(folder))) builder.UseSetting("BACKUP_ENCRYPTION_PASSWORD_FILE", PasswordFileOf(folder));
        builder.UseSetting("VAULT_DATA", Path.Combine(folder, "data"));
        builder.UseSetting("VAULT_RUNS_AT_ONCE", runsAtOnce.ToString());
        builder.ConfigureLogging(logging => logging.ClearProviders());
        builder.ConfigureServices(services => replace?.Invoke(services));
    }
}
