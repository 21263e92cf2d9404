using System.Diagnostics;

namespace Vault.Browser.Tests;

/// <summary>The server as it ships: published once for a test run, in a folder of its own.</summary>
internal static class PublishedServer
{
    private static readonly Lazy<Task<string>> published = new(PublishAsync);

    public static Task<string> FolderAsync() => published.Value;

    public static string RepositoryRoot { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Vault.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Vault.sln stands in no folder above the tests.");
    }

    private static async Task<string> PublishAsync()
    {
        // bin/<configuration>/net10.0/
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var target = Path.Combine(RepositoryRoot, "artifacts", "browser-tests", configuration);
        await RunAsync("dotnet", "publish", Path.Combine(RepositoryRoot, "src", "Vault.Server"), "--no-build", "-c", configuration, "-o", target, "-v", "q");
        return target;
    }

    /// <summary>Runs a program to its end; its output is the exception's when it fails.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        var text = await output + await errors;
        return process.ExitCode == 0 ? text : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{text}");
    }
}
