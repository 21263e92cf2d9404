using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;
using Vault.Server.Database;
using Vault.Server.Features.Runs;

namespace Vault.Server.Tests.Trials;

/// <summary>
/// The services of the pages, on the vault of another process that executes the runs. It queues and looks; its own scheduler
/// is never started.
/// </summary>
internal sealed class Desk : WebApplicationFactory<VaultDb>
{
    private readonly string folder;
    private readonly string keyFile;

    /// <param name="folder">For the desk alone; through a link in it the vault is reached, whose lock the server holds.</param>
    public Desk(string folder, string vaultPath, string keyFile)
    {
        (this.folder, this.keyFile) = (folder, keyFile);
        Directory.CreateDirectory(folder);
        File.CreateSymbolicLink(Path.Combine(folder, "vault.db"), vaultPath);
    }

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    public VaultDb OpenDatabase() => Get<IDbContextFactory<VaultDb>>().CreateDbContext();

    /// <summary>
    /// The server's scheduler looks into the database when one of its own triggers fires, and otherwise twice a minute. This one
    /// fires often and finds no job to run, so that what the desk queues starts at once.
    /// </summary>
    public async Task KeepServerAwakeAsync()
    {
        var scheduler = await Get<ISchedulerFactory>().GetScheduler();
        var job = JobBuilder.Create<QueuedRun>().WithIdentity(Guid.NewGuid().ToString(), "trial").StoreDurably().Build();
        await scheduler.AddJob(job, AddJobOptions.Replacing);
        await scheduler.ScheduleTrigger(TriggerBuilder.Create().ForJob(job)
            .WithSchedule(SimpleScheduleBuilder.Create().WithInterval(TimeSpan.FromMilliseconds(500)).RepeatForever()).Build(), TriggerConflict.Replace);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("VAULT_DATA", folder);
        builder.UseSetting("ENCRYPTION_KEY_FILE", keyFile);
        builder.ConfigureLogging(logging => logging.ClearProviders());
        builder.ConfigureTestServices(services =>
        {
            foreach (var hosted in services.Where(s => s.ServiceType == typeof(IHostedService) && IsExecuting(s)).ToList())
                services.Remove(hosted);
        });
    }

    private static bool IsExecuting(ServiceDescriptor service) =>
        service.ImplementationType is { } type && (type == typeof(RunRecovery) || type.Name.Contains("Quartz", StringComparison.Ordinal));
}
