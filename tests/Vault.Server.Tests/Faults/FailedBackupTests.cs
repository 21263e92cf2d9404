using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Vault.Adapters;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Runs;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Faults;

/// <summary>Whatever makes a backup fail: the run is red and says what to do, and nothing looks like a backup afterwards.</summary>
public sealed class FailedBackupTests(PostgresServer postgres) : IDisposable
{
    private const string OwnRelease = "/usr/lib/postgresql/15/bin";
    private const int IncompressibleRows = 150_000; // about 3 MB after gzip
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task The_backend_that_dumps_is_killed(string format)
    {
        var database = await postgres.MakeDatabaseAsync(rows: 10);
        await postgres.Cluster.ExecuteAsync(database, "CREATE TABLE big AS SELECT g, repeat(md5(g::text), 20) AS t FROM generate_series(1, 150000) g");
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database), format);
        var runId = await scene.StartJobAsync();
        await Eventually.TrueAsync(() => scene.Get<LiveRuns>().Find(runId)?.Log.Progress?.DoneBytes > 1_000_000, "the dump flows");
        await postgres.Cluster.ExecuteAsync("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        await scene.ShouldBeRedAsync(await scene.Vault.EndOfAsync(runId), "connection-lost");
        await scene.ShouldHaveLeftNothingAsync();
    }

    [Theory]
    [InlineData("port", "1", "connection-refused")]
    [InlineData("host", "no-such-host.invalid", "host-not-found")]
    [InlineData("password", "wrong", "password-wrong")]
    [InlineData("database", "no such", "database-missing")]
    public async Task The_server_is_away_or_does_not_let_Vault_in(string setting, string value, string code)
    {
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings("postgres").With(setting, value));
        await scene.ShouldBeRedAsync(await scene.RunJobAsync(), code);
        await scene.ShouldHaveLeftNothingAsync();
    }

    [Fact]
    public async Task A_table_may_not_be_read()
    {
        var database = await postgres.MakeDatabaseAsync();
        var role = $"reader_{Guid.NewGuid():N}";
        await postgres.Cluster.ExecuteAsync(database, $"CREATE ROLE {role} LOGIN PASSWORD 'x'; CREATE TABLE secrets (x int)");
        await postgres.Cluster.ExecuteAsync(database, $"GRANT SELECT ON orders TO {role}");
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database, role, "x"));
        var run = await scene.RunJobAsync();
        await scene.ShouldBeRedAsync(run, "table-permission");
        run.ProblemMessage!.ShouldContain("secrets");
        run.ProblemNext!.ShouldContain("GRANT");
        await scene.ShouldHaveLeftNothingAsync();
    }

    [Fact]
    public async Task The_disk_of_the_destination_is_full()
    {
        await using var disk = await Disk.MountAsync(folder.File("backups"), "size=1m");
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(await postgres.MakeDatabaseAsync(IncompressibleRows)));
        await scene.ShouldBeRedAsync(await scene.RunJobAsync(), "destination-full");
        await scene.ShouldHaveLeftNothingAsync();
    }

    [Fact]
    public async Task The_destination_cannot_be_written()
    {
        await using var disk = await Disk.MountAsync(folder.File("backups"), "ro");
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(await postgres.MakeDatabaseAsync()));
        await scene.ShouldBeRedAsync(await scene.RunJobAsync(), "destination-read-only");
        await scene.ShouldHaveLeftNothingAsync();
    }

    [Fact]
    public async Task The_folder_of_the_destination_has_vanished_and_is_not_made_anew_on_the_wrong_disk()
    {
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(await postgres.MakeDatabaseAsync()));
        var before = await scene.BackUpAsync();
        Directory.Move(scene.Vault.BackupFolder, scene.Vault.BackupFolder + "-away");
        await scene.ShouldBeRedAsync(await scene.RunJobAsync(), "destination-missing");
        (await scene.Vault.Scan.ScanAsync(scene.DestinationId, default)).Problem.ShouldBeProblem("destination-missing");
        await scene.ShouldBeRedAsync(await scene.RestoreAsync(before, "vanished"), "destination-missing");
        Directory.Exists(scene.Vault.BackupFolder).ShouldBeFalse();
        (await scene.Vault.Backups.ListAsync(new BackupFilter())).ShouldHaveSingleItem().Backup.Id.ShouldBe(before.Backup.Id);
        Directory.Move(scene.Vault.BackupFolder + "-away", scene.Vault.BackupFolder);
        await scene.BackUpAsync();
    }

    [Fact]
    public async Task The_folder_of_the_destination_vanishes_while_the_dump_runs()
    {
        var database = await postgres.MakeDatabaseAsync();
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database));
        Guid runId;
        await using (await postgres.HoldAsync(database))
        {
            runId = await scene.StartJobAsync();
            await Eventually.TrueAsync(() => postgres.IsDumpWaitingAsync(database), "the dump waits");
            await Eventually.TrueAsync(() => scene.Vault.StoredFiles.Count == 1, "the object is begun");
            Directory.Delete(scene.Vault.BackupFolder, recursive: true);
        }

        await scene.ShouldBeRedAsync(await scene.Vault.EndOfAsync(runId), "destination-missing");
        Directory.Exists(scene.Vault.BackupFolder).ShouldBeFalse();
    }

    [Fact]
    public async Task There_is_no_pg_dump()
    {
        using var empty = new TempFolder();
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(await postgres.MakeDatabaseAsync()), replace: Tools(empty.Path));
        var run = await scene.RunJobAsync();
        await scene.ShouldBeRedAsync(run, "tool-missing");
        run.ProblemNext!.ShouldContain("postgresql-client-15");
        await scene.ShouldHaveLeftNothingAsync();
    }

    public static TheoryData<string> NewerServers()
    {
        var root = Environment.GetEnvironmentVariable("VAULT_TEST_PG_ROOT") ?? "";
        var releases = Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [];
        return [OwnRelease, .. releases.Where(release => int.TryParse(Path.GetFileName(release), out var major) && major > 15).Select(release => Path.Combine(release, "bin")).Order()];
    }


    [Theory]
    [MemberData(nameof(NewerServers))]
    public async Task The_only_pg_dump_is_older_than_the_server(string binFolder)
    {
        var isOwn = binFolder == OwnRelease;
        using var tools = new TempFolder();
        if (isOwn) await WriteToolAsync(tools.File("pg_dump"), "#!/bin/sh\n[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) 13.22' || exit 1\n");
        await using var newer = await PostgresCluster.StartAsync(binFolder);
        await using var scene = await Scene.StartAsync(folder, newer.Settings("postgres"), replace: Tools(isOwn ? tools.Path : OwnRelease));
        var run = await scene.RunJobAsync();
        await scene.ShouldBeRedAsync(run, "tool-too-old");
        run.ProblemNext!.ShouldContain("Install the package postgresql-client-");
        await scene.ShouldHaveLeftNothingAsync();
    }

    [Fact]
    public async Task The_disk_of_the_vault_itself_is_full_and_the_run_is_red_as_soon_as_there_is_room_again()
    {
        var database = await postgres.MakeDatabaseAsync();
        await postgres.Cluster.ExecuteAsync(database, "DO $$ BEGIN FOR i IN 1..1500 LOOP EXECUTE format('CREATE TABLE t%s (x int)', i); IF i % 100 = 0 THEN COMMIT; END IF; END LOOP; END $$");
        await using var disk = await Disk.MountAsync(folder.File("data"), "size=6m");
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database));
        Guid runId;
        await using (await postgres.HoldAsync(database))
        {
            runId = await scene.StartJobAsync();
            await Eventually.TrueAsync(() => postgres.IsDumpWaitingAsync(database), "the dump waits");
            disk.Fill();
        }

        await Eventually.TrueAsync(async () => await postgres.SessionsAsync(database, "true") == 0, "the dump has ended");
        await Eventually.TrueAsync(() => !scene.Vault.StoredFiles.Any(name => name.EndsWith(".partial", StringComparison.Ordinal)), "nothing is being written");
        disk.MakeRoom();
        var run = await scene.Vault.EndOfAsync(runId);
        run.State.ShouldBe(RunState.Failed);
        run.ProblemCode.ShouldBe("log-not-stored");
        run.ProblemNext!.ShouldContain("space");
        await scene.ShouldHaveLeftNothingAsync();
        await scene.BackUpAsync();
    }

    internal static Action<IServiceCollection> Tools(string toolFolder) => services =>
        services.AddSingleton(EngineRegistry.Create(new EngineOptions([toolFolder]) { IsSystemSearched = false }));

    internal static async Task WriteToolAsync(string path, string script)
    {
        await File.WriteAllTextAsync(path, script);
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("755", 8));
    }
}
