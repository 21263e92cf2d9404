using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Vault.Server.Tests;

internal sealed record Ended(int ExitCode, string Output, string Error);

/// <summary>The built programs, started as their owner starts them.</summary>
internal static class ServerProcess
{
    /// <summary>Begins the line that the server writes once it answers (Http/Announcement.cs).</summary>
    public const string ServingLine = "Vault is on ";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs to the end.</summary>
    public static async Task<Ended> RunAsync(string program, string[] arguments, params (string Name, string? Value)[] environment)
    {
        using var process = Start(program, arguments, environment);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(true);
            throw new TimeoutException($"{program} did not end. It wrote: {await output} {await error}");
        }
        return new(process.ExitCode, await output, await error);
    }

    public static Process Start(string program, string[] arguments, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("ENCRYPTION_KEY", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment["DOTNET_GCgen0size"] = "0x300000"; // as ./run and the container have it
        start.Environment["VAULT_URLS"] = $"http://127.0.0.1:{FreePort()}";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Reads lines until one says it.</summary>
    public static async Task<string> WaitForLineAsync(StreamReader lines, string text)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (await lines.ReadLineAsync(limit.Token) is { } line)
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
        throw new InvalidOperationException($"The program ended without writing \"{text}\".");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
