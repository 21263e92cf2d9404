using System.Diagnostics;
using System.Net;
using Shouldly;
using Vault.Core;
using Vault.Server.Features.Jobs;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Trials;

/// <summary>A whole journey with its failures; then every secret is searched for wherever bytes went.</summary>
[Collection(nameof(TrialCollection))]
public sealed class SecretTrial(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly string wrongDatabasePassword = TrialVault.Canary("wrongdbpw");
    private readonly string wrongAccountPassword = TrialVault.Canary("wrongaccount");
    private readonly string backupPassword = TrialVault.Canary("backuppw");
    private readonly string wrongBackupPassword = TrialVault.Canary("wrongbackuppw");
    private readonly string row = TrialVault.Canary("row");
    private TrialVault vault = null!;

    public async ValueTask InitializeAsync()
    {
        vault = await TrialVault.MakeAsync();
        await ShopSchema.SeedAsync(vault.Cluster, TrialVault.Database);
        await vault.Cluster.ExecuteAsync(TrialVault.Database, $"CREATE TABLE canary AS SELECT '{row}'::text AS words");
    }

    public async ValueTask DisposeAsync() => await vault.DisposeAsync();

    [Fact]
    public async Task After_a_journey_with_failures_no_secret_stands_in_a_file_a_line_a_response_or_an_argv()
    {
        await using var server = await vault.StartServerAsync();
        await vault.SeedAsync();
        await vault.Desk.KeepServerAwakeAsync();
        await using var watchman = new Watchman([vault.DataFolder, vault.BackupFolder, vault.WorkFolder], await SecretsAsync()) { ServerId = server.Id };

        var runs = await JourneyAsync();
        var pages = await VisitAsync(server, runs, watchman);

        watchman.LookInto("the server's output", string.Join('\n', vault.Said));
        await watchman.FinishAsync();
        watchman.Met.Keys.ShouldBeEmpty();
        watchman.Tools.Keys.ShouldContain("pg_dump", "the tools were watched");
        output.WriteLine($"{runs.Count} runs, {pages} responses, {vault.Said.Count} lines of output, {watchman.ReadBytes / 1e6:0} MB of files in {watchman.Looks} looks");
    }

    [Fact]
    public async Task The_search_finds_what_is_planted()
    {
        using var folder = new TempFolder();
        var (inFile, inArgv, acrossPieces, inBytes) = (TrialVault.Canary("file"), TrialVault.Canary("argv"), TrialVault.Canary("across"), vault.SystemKey);
        await using var watchman = new Watchman([folder.Path], ("file", inFile), ("argv", inArgv), ("across", acrossPieces), ("key", inBytes));
        await File.WriteAllTextAsync(folder.File("plain"), $"… {inFile} …");
        await File.WriteAllTextAsync(folder.File("large"), new string('x', (1 << 20) - 10) + acrossPieces);
        await File.WriteAllBytesAsync(folder.File("binary"), Convert.FromHexString(inBytes));
        using var shown = Process.Start(new ProcessStartInfo("bash", ["-c", "read line", inArgv]) { RedirectStandardInput = true })!;

        await Eventually.TrueAsync(() => watchman.Met.Keys.Any(k => k.StartsWith("argv in argv of", StringComparison.Ordinal)), "the argv is met");
        await watchman.FinishAsync();

        shown.Kill();
        foreach (var met in new[] { "file in ", "across in ", "key as bytes in " }) watchman.Met.Keys.ShouldContain(k => k.StartsWith(met, StringComparison.Ordinal), met);
    }

    private async Task<(string Name, string Word)[]> SecretsAsync()
    {
        using var key = await vault.Desk.Get<ProfileService>().OpenKeyAsync(vault.ProfileId);
        return
        [
            ("database password", vault.DatabasePassword), ("wrong database password", wrongDatabasePassword), ("account password", vault.AccountPassword),
            ("wrong account password", wrongAccountPassword), ("system key", vault.SystemKey), ("master key", key.RevealHex()), ("row", row),
            ("backup password", backupPassword), ("wrong backup password", wrongBackupPassword),
        ];
    }

    /// <summary>One of each: good, and failed at the password, at the network, at the rights.</summary>
    private async Task<IReadOnlyList<Run>> JourneyAsync()
    {
        var good = await vault.SuccessOfAsync(await vault.QueueBackupAsync(await vault.AddJobAsync("Good", "plain", "GZIP", 6)));
        List<Run> runs = [good, await vault.SuccessOfAsync(await vault.QueueRestoreAsync(good.BackupId!.Value))];
        var settings = vault.Cluster.Settings(TrialVault.Database, TrialVault.DatabaseUser, vault.DatabasePassword);
        await vault.Cluster.ExecuteAsync("postgres", $"CREATE ROLE poor LOGIN PASSWORD '{vault.DatabasePassword}'");
        foreach (var (name, bad) in new (string, SettingValues)[]
        {
            ("Wrong password", settings.With("password", wrongDatabasePassword)),
            ("Unreachable", settings.With("port", PostgresCluster.FreePort().ToString())),
            ("No such database", settings.With("database", "nowhere")),
            ("Certificate asked for", settings.With("sslmode", "verify-full")),
            ("Without rights", settings.With("user", "poor")),
        })
        {
            var source = await vault.AddSourceAsync(name, bad);
            var run = await vault.EndOfAsync(await vault.QueueBackupAsync(await vault.AddJobAsync(name, "custom", "BROTLI", 1, source)));
            run.State.ShouldBe(RunState.Failed, name);
            runs.Add(run);
        }

        runs.AddRange(await WithPasswordAsync());
        foreach (var format in new[] { "plain", "custom" }) runs.Add(await RefusedRowAsync(format));
        return runs;
    }

    /// <summary>A backup with a password of its own, and its restore; a wrong one is refused at once.</summary>
    private async Task<IReadOnlyList<Run>> WithPasswordAsync()
    {
        var job = await vault.AddJobAsync("With a password", "plain", "GZIP", 1);
        var made = await vault.SuccessOfAsync((await vault.Desk.Get<JobService>().StartAsync(job, TestVault.Admin, backupPassword)).Value);
        (await vault.StartRestoreAsync(made.BackupId!.Value, wrongBackupPassword)).Problem.ShouldBeProblem("wrong-password");
        return [made, await vault.SuccessOfAsync((await vault.StartRestoreAsync(made.BackupId!.Value, backupPassword)).Value)];
    }

    /// <summary>
    /// A restore that fails at a row: the check reads a table by a name without its schema, which a dump's empty search_path does not
    /// find. The server quotes the row when it says so.
    /// </summary>
    private async Task<Run> RefusedRowAsync(string format)
    {
        var database = $"fragile_{format}";
        await vault.Cluster.CreateDatabaseAsync(database);
        await vault.Cluster.ExecuteAsync(database, $"""
            CREATE TABLE allowed AS SELECT '{row}'::text AS words;
            CREATE FUNCTION is_allowed(text) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM allowed WHERE words = $1)';
            CREATE TABLE fragile (words text CHECK (is_allowed(words)));
            INSERT INTO fragile VALUES ('{row}');
            """);
        var source = await vault.AddSourceAsync(database, vault.Cluster.Settings(database, TrialVault.DatabaseUser, vault.DatabasePassword));
        var backup = await vault.SuccessOfAsync(await vault.QueueBackupAsync(await vault.AddJobAsync(database, format, "GZIP", 6, source)));
        var run = await vault.EndOfAsync(await vault.QueueRestoreAsync(backup.BackupId!.Value, database, source));
        run.State.ShouldBe(RunState.Failed);
        run.ProblemMessage.ShouldNotBeNull().ShouldContain("allowed");
        return run;
    }

    /// <summary>Signs in, once wrongly, and asks for everything that answers to a GET.</summary>
    private async Task<int> VisitAsync(TrialServer server, IReadOnlyList<Run> runs, Watchman watchman)
    {
        var visitor = server.Visit();
        await visitor.SubmitAsync("/sign-in", ("Input.Name", TestVault.Admin.Name), ("Input.Password", wrongAccountPassword));
        (await visitor.SubmitAsync("/sign-in", ("Input.Name", TestVault.Admin.Name), ("Input.Password", vault.AccountPassword))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        string[] paths =
        [
            "/", "/sources", $"/sources/{vault.SourceId}", "/destinations", $"/destinations/{vault.DestinationId}", "/jobs", "/runs", "/backups", "/settings", "/settings/vault", "/audit", "/accounts",
            "/health/live", "/health/ready", "/nowhere", .. runs.Select(r => $"/runs/{r.Id}"), .. runs.Select(r => $"/runs/{r.Id}/log.txt"), .. runs.Where(r => r.BackupId is not null).Select(r => $"/backups/{r.BackupId}"),
        ];
        foreach (var path in paths)
        {
            using var response = await visitor.GetAsync(path);
            var body = await response.Content.ReadAsStringAsync();
            if (path.EndsWith("/log.txt", StringComparison.Ordinal)) body.ShouldContain("Preparing", customMessage: path);
            watchman.LookInto(path, $"{response.Headers}\n{WebUtility.HtmlDecode(body)}");
        }

        return paths.Length;
    }
}
