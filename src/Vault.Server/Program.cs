using Vault.Core;
using Vault.Server.Database;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Settings;
using Vault.Server.Features.Shell;
using Vault.Server.Features.Sources;
using Vault.Server.Http;

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
    builder.Services.AddProfiles();
    builder.Services.AddSettings();
    builder.AddRuns();

    await using var app = builder.Build();
    await app.OpenVaultAsync();
    app.UseHttp();
    app.UseShell();
    app.UseAccounts();
    app.MapHealth();
    app.MapAccounts();
    app.MapRuns();
    app.MapBackups();
    app.MapShell();
    await app.RunAsync();
    return 0;
}
catch (ProblemException refusal)
{
    await Console.Error.WriteLineAsync(refusal.Problem.ToString());
    return ExitCodes.RefusedToStart;
}
