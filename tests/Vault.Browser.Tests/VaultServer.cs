using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Vault.Browser.Tests;

/// <summary>The published server as a process, with a data folder, a system key and a port of its own.</summary>
internal sealed class VaultServer : IAsyncDisposable
{
    private const int Sigterm = 15;
    private readonly StringBuilder output = new();
    private readonly string encryptionKey;
    private readonly bool ownsFolder;
    private Process? process;

    private VaultServer(string folder, bool ownsFolder, string encryptionKey, string backupFolder)
    {
        Folder = folder;
        this.ownsFolder = ownsFolder;
        this.encryptionKey = encryptionKey;
        BackupFolder = backupFolder;
        Url = $"http://127.0.0.1:{PostgresCluster.FreePort()}";
    }

    public string Url { get; }

    public string Folder { get; }

    public string DataFolder => Path.Combine(Folder, "data");

    public string BackupFolder { get; }

    public string Output
    {
        get { lock (output) return output.ToString(); }
    }

    /// <param name="backupFolder">A folder of another vault's backups; null for a fresh one.</param>
    public static async Task<VaultServer> StartAsync(string? backupFolder = null)
    {
        var folder = Directory.CreateTempSubdirectory("vault-browser-").FullName;
        var key = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var server = new VaultServer(folder, ownsFolder: true, key, backupFolder ?? Path.Combine(folder, "backups"));
        Directory.CreateDirectory(server.BackupFolder);
        await server.StartProcessAsync();
        return server;
    }

    private async Task StartProcessAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(await PublishedServer.FolderAsync(), "vault-server.dll")])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ENCRYPTION_KEY"] = encryptionKey;
        start.Environment["VAULT_DATA"] = DataFolder;
        start.Environment["BACKUP_DIR"] = BackupFolder;
        start.Environment["VAULT_URLS"] = Url;
        start.Environment["VAULT_TOOL_FOLDERS"] = ToolFolders();
        process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await WaitForHealthAsync();
    }

    private async Task WaitForHealthAsync()
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            await Eventually.TrueAsync(
                async () => process!.HasExited
                    ? throw new InvalidOperationException($"The server ended with {process.ExitCode}:\n{Output}")
                    : await IsHealthyAsync(client, Url),
                "the server is healthy", TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{Output}", late);
        }
    }

    public static async Task<bool> IsHealthyAsync(HttpClient client, string url)
    {
        try
        {
            return (await client.GetAsync(new Uri($"{url}/health/ready"))).StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static string ToolFolders() =>
        Environment.GetEnvironmentVariable("VAULT_TEST_PG_ROOT") is { Length: > 0 } root && Directory.Exists(root)
            ? string.Join(':', Directory.GetDirectories(root).Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "pg_dump"))))
            : "";

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (output) output.AppendLine(line);
    }

    public async Task StopAsync()
    {
        if (process is null) return;
        using (process)
        {
            if (!process.HasExited) _ = Kill(process.Id, Sigterm);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (ownsFolder) Directory.Delete(Folder, recursive: true);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
