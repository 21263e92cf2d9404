using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Vault.Adapters.Sqlite;

namespace Vault.Browser.Tests;

/// <summary>What a newcomer types into a fresh clone.</summary>
public sealed partial class FreshCloneTests : IDisposable
{
    private const int Sigint = 2;
    private readonly string clone = Directory.CreateTempSubdirectory("vault-clone-").FullName;
    private readonly int port = PostgresCluster.FreePort();

    static FreshCloneTests() => SqliteNative.Load();

    public void Dispose() => Directory.Delete(clone, recursive: true);

    [Fact]
    public async Task Run_with_the_sample_makes_a_key_backs_up_restores_compares_and_keeps_serving_and_a_second_time_reuses_all_of_it()
    {
        await CloneAsync();

        var first = await RunUntilServedAsync();
        first.ShouldContain("Made .env");
        File.GetUnixFileMode(Path.Combine(clone, ".env")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        RowsEqual(first).ShouldBeInRange(95_000, 105_000);

        var second = await RunUntilServedAsync();
        second.ShouldNotContain("Made .env");
        RowsEqual(second).ShouldBe(RowsEqual(first));

        Count("Sources").ShouldBe(1);
        Count("Destinations").ShouldBe(1);
        Count("EncryptionProfiles").ShouldBe(1);
        Count("Jobs").ShouldBe(1);
        Count("Backups").ShouldBe(2);
        Count("Runs WHERE State = 'Succeeded' OR State = 2").ShouldBe(4);
        var key = KeyLine().Match(await File.ReadAllTextAsync(Path.Combine(clone, ".env"))).Groups[1].Value;
        (first + second).ShouldNotContain(key);
    }

    [Fact]
    public async Task Run_names_an_option_that_it_does_not_know()
    {
        await CloneAsync();

        var said = await Should.ThrowAsync<InvalidOperationException>(() => PublishedServer.RunAsync(Path.Combine(clone, "run"), "--smaple"));

        said.Message.ShouldContain("Unknown option \"--smaple\"");
        File.Exists(Path.Combine(clone, ".env")).ShouldBeFalse();
    }

    [Fact]
    public async Task Run_makes_no_new_key_for_a_vault_that_was_made_with_another()
    {
        await CloneAsync();
        Directory.CreateDirectory(Path.Combine(clone, "data"));
        await File.WriteAllTextAsync(Path.Combine(clone, "data", "vault.db"), "a vault");

        var said = await Should.ThrowAsync<InvalidOperationException>(() => PublishedServer.RunAsync("env", "-u", "ENCRYPTION_KEY", "-u", "VAULT_DATA", Path.Combine(clone, "run")));

        said.Message.ShouldContain("there is no ENCRYPTION_KEY");
        File.Exists(Path.Combine(clone, ".env")).ShouldBeFalse();
    }

    /// <summary>Also what is not committed yet: the test is of this tree.</summary>
    private async Task CloneAsync()
    {
        var files = await PublishedServer.RunAsync("git", "-C", PublishedServer.RepositoryRoot, "ls-files", "-co", "--exclude-standard", "-z");
        foreach (var file in files.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            var from = Path.Combine(PublishedServer.RepositoryRoot, file);
            if (!File.Exists(from)) continue;
            var to = Path.Combine(clone, file);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            // Modes come along.
            File.Copy(from, to);
        }
    }

    private async Task<string> RunUntilServedAsync()
    {
        var start = new ProcessStartInfo(Path.Combine(clone, "run"), ["--sample"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in new[] { "ENCRYPTION_KEY", "ENCRYPTION_KEY_FILE", "VAULT_DATA", "BACKUP_DIR" }) start.Environment.Remove(name);
        start.Environment["VAULT_URLS"] = $"http://127.0.0.1:{port}";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await ReadUntilEqualAsync(process);
        if (!output.Contains("rows equal", StringComparison.Ordinal))
            throw new InvalidOperationException($"./run --sample ended:\n{output}{await errors}");
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        (await VaultServer.IsHealthyAsync(client, $"http://127.0.0.1:{port}")).ShouldBeTrue("it keeps serving");
        output.ShouldContain($"http://127.0.0.1:{port}");
        // As Ctrl+C does.
        _ = Kill(process.Id, Sigint);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        await process.WaitForExitAsync(patience.Token);
        process.ExitCode.ShouldBe(0);
        return output + await errors;
    }

    private static async Task<string> ReadUntilEqualAsync(Process process)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(4));
        var output = "";
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            output += line + "\n";
            if (line.Contains("rows equal", StringComparison.Ordinal)) break;
        }

        return output;
    }

    private static int RowsEqual(string output) => int.Parse(Equal().Match(output).Groups[1].Value);

    private long Count(string from)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(clone, "data", "vault.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {from}";
        return (long)command.ExecuteScalar()!;
    }

    [GeneratedRegex(@"(?m)^sample restored: (\d+) rows equal$")]
    private static partial Regex Equal();

    [GeneratedRegex("(?m)^ENCRYPTION_KEY=([0-9a-f]{64})$")]
    private static partial Regex KeyLine();

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
