using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;
using Quartz;
using Vault.Server.Database;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Jobs;
using Vault.Server.Features.Overview;
using Vault.Server.Features.Restores;

namespace Vault.Server.Features.Runs;

internal static class RunsSetup
{
    private const int DefaultRunsAtOnce = 2;

    /// <summary>Queue, execution and live logs of runs, with the jobs, backups and restores that they are of.</summary>
    public static void AddRuns(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<RunLogStore>().AddSingleton<LiveRuns>().AddSingleton<RunFeed>().AddSingleton<RunQueue>().AddSingleton<RunPasswords>();
        services.AddSingleton<RunService>().AddSingleton<JobService>().AddSingleton<CompressionMeter>().AddSingleton<RunExecutor>().AddSingleton<RunTidying>();
        services.AddSingleton<BackupWork>().AddSingleton<BackupService>().AddSingleton<DestinationScan>();
        services.AddSingleton<RestoreWork>().AddSingleton<RestoreService>().AddSingleton<VerifyWork>().AddSingleton<VerifyService>().AddSingleton<VerificationService>().AddSingleton<OverviewService>();
        services.AddSignalR().AddJsonProtocol(o => o.PayloadSerializerOptions.Converters.Add(new JsonStringEnumConverter()));
        // Before Quartz: what the last process left is put in order before the scheduler starts anything.
        services.AddHostedService<RunRecovery>();
        AddQuartz(services, builder.Configuration["VAULT_RUNS_AT_ONCE"]);
    }

    public static void MapRuns(this WebApplication app)
    {
        app.MapHub<RunHub>("/hubs/runs");
        app.MapGet("/runs/{id:guid}/log.txt", DownloadLogAsync).RequireAuthorization();
    }

    private static void AddQuartz(IServiceCollection services, string? wantedAtOnce)
    {
        var atOnce = int.TryParse(wantedAtOnce, CultureInfo.InvariantCulture, out var wanted) && wanted > 0 ? wanted : DefaultRunsAtOnce;
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(o =>
            {
                o.InstanceName = "vault";
                // A run that stops with Vault ends by itself within a second and says so in its row.
                o.ShutdownJobInterruption = ShutdownJobInterruption.Always;
            });
            quartz.UseDefaultThreadPool(atOnce);
            quartz.UsePersistentStore(store => store
                .UseSqlite(o => o.DataSourceFactory = OpenVault)
                .ProvisionSchema());
        });
        services.AddQuartzHostedService(o => o.WaitForJobsToComplete = true);
    }

    /// <summary>The same file, and the same patience with a busy database, as everybody else's.</summary>
    private static DbDataSource OpenVault(IServiceProvider services) =>
        SqliteFactory.Instance.CreateDataSource(services.GetRequiredService<VaultFolder>().ConnectionString(SqliteOpenMode.ReadWrite));

    private static async Task DownloadLogAsync(Guid id, RunService runs, RunFeed feed, HttpResponse response, CancellationToken cancel)
    {
        if (await runs.FindAsync(id) is null)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.ContentDisposition = $"attachment; filename=\"run-{id}.txt\"";
        IReadOnlyList<RunLogLine> lines;
        for (var nextSeq = 1L; (lines = await feed.ReadAsync(id, nextSeq, 1000, cancel)).Count > 0; nextSeq = lines[^1].Seq + 1)
        {
            var text = new StringBuilder();
            foreach (var line in lines) text.Append(CultureInfo.InvariantCulture, $"{line.At:yyyy-MM-ddTHH:mm:ss.fffZ} {line.Level,-7} {line.Text}\n");
            await response.WriteAsync(text.ToString(), cancel);
        }
    }
}
