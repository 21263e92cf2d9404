using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Vault.Server.Tests.Trials;

/// <summary>The server as its owner starts it: a process of its own, which can be killed at any moment.</summary>
internal sealed class TrialServer : IAsyncDisposable
{
    private const string Ready = "Vault is on ";
    private readonly Process process;
    private readonly ConcurrentQueue<string> said;
    private readonly Task reading;

    private TrialServer(Process process, ConcurrentQueue<string> said, Task reading, Uri address) =>
        (this.process, this.said, this.reading, Address) = (process, said, reading, address);

    public Uri Address { get; }

    public int Id => process.Id;

    /// <param name="said">Gets every line of stdout and stderr.</param>
    public static async Task<TrialServer> StartAsync(ConcurrentQueue<string> said, params (string Name, string? Value)[] environment)
    {
        var process = ServerProcess.Start("vault-server.dll", [], environment);
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = Task.WhenAll(ReadAsync(process.StandardOutput, said, address), ReadAsync(process.StandardError, said, address));
        if (await Task.WhenAny(address.Task, process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(120))) == address.Task)
            return new TrialServer(process, said, reading, await address.Task);
        process.Kill(true);
        throw new InvalidOperationException($"The server did not start: {string.Join('\n', said)}");
    }

    public Visitor Visit() => new(new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = false }) { BaseAddress = Address });

    /// <summary>SIGKILL to the server alone; what it started is left to itself.</summary>
    public void Kill() => process.Kill();

    public async Task<bool> HasEndedAsync()
    {
        await process.WaitForExitAsync();
        await reading;
        return process.HasExited;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await HasEndedAsync();
        process.Dispose();
    }

    private static async Task ReadAsync(StreamReader lines, ConcurrentQueue<string> said, TaskCompletionSource<Uri> address)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            said.Enqueue(line);
            if (line.IndexOf(Ready, StringComparison.Ordinal) is var at and >= 0) address.TrySetResult(new Uri(line[(at + Ready.Length)..].Split(' ')[0]));
        }
    }
}
