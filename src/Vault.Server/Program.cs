using Vault.Core;
using Vault.Server.Database;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Notifications;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Sample;
using Vault.Server.Features.Settings;
using Vault.Server.Features.Shell;
using Vault.Server.Features.Sources;
using Vault.Server.Http;

ProcessMemory.KeepSmall();
try
{
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = HttpSetup.ContentRoot });
    builder.AddHttp();
    builder.AddVaultDatabase();
    builder.AddShell();
    builder.Services.AddAudit();
    builder.Services.AddAccounts();
    builder.Services.AddAdapters(builder.Configuration);
    builder.Services.AddSources();
    builder.Services.AddDestinations();
    builder.Services.AddProfiles(builder.Configuration);
    builder.Services.AddSettings();
    // Before the runs: what stops later still tells how those ended that were stopped.
    builder.Services.AddNotifications();
    builder.AddRuns();
    builder.AddSample();

    await using var app = builder.Build();
    await app.OpenVaultAsync();
    app.UseHttp();
    app.UseShell();
    app.UseAccounts();
    app.MapHealth();
    app.MapAccounts();
    app.MapRuns();
    app.MapBackups();
    app.MapRecoveryKit();
    app.MapShell();
    app.AnnounceAddress();
    app.ShowSampleWhenAsked(args);
    await app.RunAsync();
    return Environment.ExitCode;
}
catch (ProblemException refusal)
{
    await Console.Error.WriteLineAsync(refusal.Problem.ToString());
    return ExitCodes.RefusedToStart;
}
catch (IOException busy) when (busy.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    await Console.Error.WriteLineAsync($"{busy.Message.TrimEnd('.')}, so Vault did not start. Stop the program that uses it, or choose another address: VAULT_URLS=http://localhost:5081");
    return ExitCodes.RefusedToStart;
}
