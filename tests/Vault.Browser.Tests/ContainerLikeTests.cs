using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Vault.Browser.Tests;

/// <summary>
/// What the Dockerfile promises, without a container engine: the published output in a folder that only root can
/// write, run by somebody who is not root and can write the data folder only.
/// </summary>
public sealed partial class ContainerLikeTests
{
    private const string Somebody = "nobody";

    [Fact]
    public async Task Published_output_runs_as_a_non_root_user_who_can_write_only_the_data_folder()
    {
        Environment.UserName.ShouldBe("root", "This test changes owners and users: run it as root, as ./test does.");
        var root = Directory.CreateTempSubdirectory("vault-container-").FullName;
        try
        {
            var (program, data) = await LayOutAsync(root);
            var port = PostgresCluster.FreePort();
            using var process = Start(program, data, port);
            try
            {
                await BecomesHealthyAsync(process, port);
                await HealthCheckOfTheDockerfileSaysGoodAsync(port);
                await FirstPageAnswersAsync(port);
                OwnersOf(data).ShouldContain("vault.db");
                FilesWrittenBy(Somebody, root).ShouldAllBe(file => file.StartsWith(data, StringComparison.Ordinal));
            }
            finally
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task<(string Program, string Data)> LayOutAsync(string root)
    {
        var program = Path.Combine(root, "app");
        var data = Path.Combine(root, "data");
        await PublishedServer.RunAsync("cp", "-r", await PublishedServer.FolderAsync(), program);
        await PublishedServer.RunAsync("chown", "-R", "root:root", root);
        await PublishedServer.RunAsync("chmod", "-R", "a+rX,go-w,a-w", program);
        await PublishedServer.RunAsync("chmod", "755", root);
        Directory.CreateDirectory(data);
        await PublishedServer.RunAsync("chown", Somebody, data);
        await PublishedServer.RunAsync("chmod", "700", data);
        return (program, data);
    }

    private static Process Start(string program, string data, int port)
    {
        var start = new ProcessStartInfo("runuser", ["-u", Somebody, "--", "dotnet", Path.Combine(program, "vault-server.dll")])
        {
            WorkingDirectory = data,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in DockerfileEnvironment()) start.Environment[name] = value;
        start.Environment["HOME"] = "/nonexistent";
        start.Environment["ENCRYPTION_KEY"] = new string('a', 64);
        start.Environment["VAULT_DATA"] = data;
        start.Environment["BACKUP_DIR"] = Path.Combine(data, "backups");
        start.Environment["VAULT_URLS"] = $"http://127.0.0.1:{port}";
        return Process.Start(start)!;
    }

    private static async Task BecomesHealthyAsync(Process process, int port)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        await Eventually.TrueAsync(
            async () => process.HasExited
                ? throw new InvalidOperationException($"The server ended with {process.ExitCode}: {await errors}{await output}")
                : await VaultServer.IsHealthyAsync(client, $"http://127.0.0.1:{port}"),
            "the server is healthy",
            TimeSpan.FromSeconds(60));
    }

    /// <summary>The very command of the Dockerfile, with the port of this test.</summary>
    private static async Task HealthCheckOfTheDockerfileSaysGoodAsync(int port)
    {
        var command = JsonSerializer.Deserialize<string[]>(HealthCheck().Match(Dockerfile()).Groups[1].Value)!;
        await PublishedServer.RunAsync(command[0], [.. command[1..].Select(word => word.Replace("5080", $"{port}", StringComparison.Ordinal))]);
        await Should.ThrowAsync<InvalidOperationException>(() =>
            PublishedServer.RunAsync(command[0], [.. command[1..].Select(word => word.Replace("5080", $"{PostgresCluster.FreePort()}", StringComparison.Ordinal))]));
    }

    private static async Task FirstPageAnswersAsync(int port)
    {
        using var client = new HttpClient();
        var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("Vault");
    }

    private static string[] OwnersOf(string data) => [.. Directory.GetFiles(data).Select(Path.GetFileName).OfType<string>()];

    private static string[] FilesWrittenBy(string user, string root) =>
        PublishedServer.RunAsync("find", root, "-user", user).GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Dockerfile() => File.ReadAllText(Path.Combine(PublishedServer.RepositoryRoot, "Dockerfile"));

    private static IEnumerable<(string Name, string Value)> DockerfileEnvironment() =>
        Variable().Matches(Dockerfile()[Dockerfile().LastIndexOf("\nFROM", StringComparison.Ordinal)..])
            .Select(match => (match.Groups[1].Value, match.Groups[2].Value));

    [GeneratedRegex(@"HEALTHCHECK[^\[]*(\[.*\])")]
    private static partial Regex HealthCheck();

    [GeneratedRegex(@"\b((?:DOTNET|VAULT)_\w+)=(\S+)")]
    private static partial Regex Variable();
}
