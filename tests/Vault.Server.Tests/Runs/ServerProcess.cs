using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Vault.Testing;

namespace Vault.Server.Tests.Runs;

/// <summary>The server as a process that can be killed.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int Sigterm = 15;
    private readonly StringBuilder output = new();
    private readonly Process process;

    private ServerProcess(Process process) => this.process = process;

    public static async Task<ServerProcess> StartAsync(string folder, int runsAtOnce = 1, params (string Name, string Value)[] environment)
    {
        var url = $"http://127.0.0.1:{PostgresCluster.FreePort()}";
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "vault-server.dll")])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment.Remove("ENCRYPTION_KEY");
        start.Environment["ENCRYPTION_KEY_FILE"] = TestVault.KeyFileOf(folder);
        start.Environment["VAULT_DATA"] = Path.Combine(folder, "data");
        start.Environment["VAULT_URLS"] = url;
        start.Environment["VAULT_RUNS_AT_ONCE"] = runsAtOnce.ToString();
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var server = new ServerProcess(Process.Start(start)!);
        server.process.OutputDataReceived += (_, line) => server.Keep(line.Data);
        server.process.ErrorDataReceived += (_, line) => server.Keep(line.Data);
        server.process.BeginOutputReadLine();
        server.process.BeginErrorReadLine();
        await server.WaitForHealthAsync(url);
        return server;
    }

    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async Task TerminateAsync()
    {
        _ = SendSignal(process.Id, Sigterm);
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await KillAsync();
        process.Dispose();
    }

    private async Task WaitForHealthAsync(string url)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        await Eventually.TrueAsync(async () =>
        {
            if (process.HasExited) throw new InvalidOperationException($"The server ended with {process.ExitCode}:\n{output}");
            try
            {
                return (await client.GetAsync(new Uri($"{url}/health/ready"))).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "the server is ready", TimeSpan.FromSeconds(60));
    }

    private void Keep(string? line)
    {
        lock (output) output.AppendLine(line);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);
}
