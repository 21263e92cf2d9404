using Vault.Core;

namespace Vault.Server.Features.Sample;

/// <summary>Where the sample lies: beside the data folder.</summary>
internal sealed record SampleFolders(string Shop, string Restored, string Backups);

internal static class SampleSetup
{
    private const string Switch = "--sample";

    public static void AddSample(this WebApplicationBuilder builder)
    {
        var folder = Path.GetFullPath("sample");
        var backups = Path.GetFullPath(builder.Configuration["BACKUP_DIR"] is { Length: > 0 } set ? set : "backups");
        builder.Services.AddSingleton(new SampleFolders(Path.Combine(folder, "shop.db"), Path.Combine(folder, "shop-restored.db"), backups));
        builder.Services.AddSingleton<SampleRun>();
    }

    /// <summary>Once the server answers, so that the sample can be watched in the browser too.</summary>
    public static void ShowSampleWhenAsked(this WebApplication app, string[] args)
    {
        if (args.Contains(Switch))
            app.Lifetime.ApplicationStarted.Register(() => _ = Task.Run(() => ShowAsync(app)));
    }

    private static async Task ShowAsync(WebApplication app)
    {
        try
        {
            await app.Services.GetRequiredService<SampleRun>().ShowAsync(Console.Out, app.Lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException)
        {
            // The server was stopped meanwhile.
        }
        catch (Exception failure)
        {
            var words = failure is ProblemException expected ? expected.Problem.ToString() : failure.ToString();
            await Console.Error.WriteLineAsync($"The sample failed: {words}");
            // Whoever asked for the sample learns that it failed also from the exit code.
            Environment.ExitCode = 1;
            app.Lifetime.StopApplication();
        }
    }
}
