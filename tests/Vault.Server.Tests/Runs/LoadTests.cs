using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Restores;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Tests.Runs;

public sealed class LoadTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public async Task Scheduler_logs_and_pages_share_the_vault_database_under_load_without_an_error()
    {
        await using var vault = TestVault.Start(folder.Path, runsAtOnce: 4);
        var shop = MakeShop(20);
        var source = await vault.AddSourceAsync("shop", "sqlite", PathSetting(shop));
        var destination = await vault.AddDestinationAsync();
        var jobs = new List<Guid>();
        // One of them also fires by its own schedule every second.
        for (var i = 0; i < 6; i++) jobs.Add(await vault.AddJobAsync($"job {i}", source, destination, null, "sqlite", i == 0 ? "* * * * * ?" : null));
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(6));
        var noise = await StartNoiseAsync(vault, 4, end.Token);
        var reads = 0;
        var pages = Task.Run(async () =>
        {
            for (; !end.IsCancellationRequested; reads++) await vault.Jobs.ListAsync();
        });

        var started = new List<Guid>();
        while (!end.IsCancellationRequested)
        {
            started.Add((await vault.Jobs.StartAsync(jobs[started.Count % 6], TestVault.Ada)).Value);
            if (started.Count >= 30) break;
        }

        var runs = await Task.WhenAll(started.Select(vault.EndOfAsync));
        await pages;
        await noise;

        runs.ShouldAllBe(r => r.State == RunState.Succeeded, string.Join('\n', runs.Select(r => r.ProblemMessage).Distinct()));
        await Eventually.TrueAsync(async () => (await vault.Runs.ListAsync(new RunFilter(RunState.Succeeded, jobs[0]), 0, 50)).Runs.Any(r => r.StartedBy == "schedule"), "the schedule ran by itself");
        (await vault.Runs.ListAsync(new RunFilter(RunState.Failed), 0, 1)).Total.ShouldBe(0);
        reads.ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task A_sqlite_backup_restores_into_a_new_file_with_the_same_rows()
    {
        await using var vault = TestVault.Start(folder.Path);
        var shop = MakeShop(1000);
        var source = await vault.AddSourceAsync("shop", "sqlite", PathSetting(shop));
        var profile = (await vault.Profiles.CreateAsync("main", TestVault.Ada)).Value;
        var job = await vault.AddJobAsync("Shop", source, await vault.AddDestinationAsync(), profile, "sqlite");
        var run = await vault.EndOfAsync((await vault.Jobs.StartAsync(job, TestVault.Ada)).Value);
        run.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(run.Id));
        var backup = (await vault.Backups.FindAsync(run.BackupId!.Value))!;

        var copy = folder.File("restored.db");
        var started = await vault.Restores.StartAsync(backup.Backup.Id, new RestoreTarget(backup.Copies[0].Copy.Id, source, copy), copy, TestVault.Ada, default);
        var restored = await vault.EndOfAsync(started.Value);

        restored.State.ShouldBe(RunState.Succeeded, await vault.LogOfAsync(restored.Id));
        RowsOf(copy).ShouldBe(RowsOf(shop));
        RowsOf(copy).Count.ShouldBe(1000);
    }

    public void Dispose() => folder.Dispose();

    private static async Task<Task> StartNoiseAsync(TestVault vault, int logs, CancellationToken end)
    {
        var writers = new List<Task>();
        for (var i = 0; i < logs; i++)
        {
            var run = new Run { Id = Guid.CreateVersion7(), State = RunState.Running, Title = "noise", StartedBy = "t", RequestJson = "{}", QueuedAt = DateTimeOffset.UtcNow };
            await using (var db = vault.Db())
            {
                db.Runs.Add(run);
                await db.SaveChangesAsync(CancellationToken.None);
            }

            var live = await vault.Services.GetRequiredService<LiveRuns>().OpenAsync(run.Id);
            writers.Add(Task.Run(async () =>
            {
                for (var n = 0; !end.IsCancellationRequested; n++)
                {
                    live.Log.Write(LogLevel.Info, $"noise {n}");
                    if (n % 50 == 0) await Task.Delay(5, CancellationToken.None);
                }

                await live.Log.DisposeAsync();
                vault.Services.GetRequiredService<LiveRuns>().Close(live, new RunStatus(RunState.Succeeded, null, null, null));
            }, CancellationToken.None));
        }

        return Task.WhenAll(writers);
    }

    private string MakeShop(int rows)
    {
        var path = folder.File("shop.db");
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) INSERT INTO orders SELECT i, hex(randomblob(20)) FROM n";
        command.ExecuteNonQuery();
        return path;
    }

    private static SettingValues PathSetting(string path) => new(new Dictionary<string, string> { ["path"] = path });

    private static List<string> RowsOf(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False;Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id || ' ' || note FROM orders ORDER BY id";
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read()) rows.Add(reader.GetString(0));
        return rows;
    }
}
