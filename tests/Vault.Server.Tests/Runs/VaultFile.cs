using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Vault.Server.Database;
using Vault.Server.Features.Runs;
using Vault.Testing;

namespace Vault.Server.Tests.Runs;

/// <summary>A vault database in a folder of its own, without a server.</summary>
internal sealed class VaultFile : IDbContextFactory<VaultDb>, IDisposable
{
    private readonly TempFolder folder = new();
    private readonly DbContextOptions<VaultDb> options;

    public VaultFile()
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = folder.File("vault.db"), DefaultTimeout = 30, Pooling = false };
        options = new DbContextOptionsBuilder<VaultDb>().UseSqlite(connection.ToString()).Options;
        using var db = CreateDbContext();
        db.Database.EnsureCreated();
        db.Database.ExecuteSqlRaw("PRAGMA journal_mode = 'wal'");
        Store = new RunLogStore(this);
        LiveRuns = new LiveRuns(Store, TimeProvider.System);
        Feed = new RunFeed(LiveRuns, Store, this, TimeProvider.System);
    }

    public RunLogStore Store { get; }

    public LiveRuns LiveRuns { get; }

    public RunFeed Feed { get; }

    public VaultDb CreateDbContext() => new(options);

    public async Task<LiveRun> StartRunAsync()
    {
        var run = new Run { Id = Guid.CreateVersion7(), State = RunState.Running, Title = "test", StartedBy = "test", RequestJson = "{}", QueuedAt = DateTimeOffset.UtcNow };
        await using var db = CreateDbContext();
        db.Runs.Add(run);
        await db.SaveChangesAsync();
        return await LiveRuns.OpenAsync(run.Id);
    }

    /// <summary>As the executor ends a run: lines stored, then the row, then the watchers.</summary>
    public async Task EndRunAsync(LiveRun live)
    {
        await live.Log.DisposeAsync();
        await using var db = CreateDbContext();
        await db.Runs.Where(r => r.Id == live.Id).ExecuteUpdateAsync(set => set.SetProperty(r => r.State, RunState.Succeeded));
        LiveRuns.Close(live, new RunStatus(RunState.Succeeded, null, null, null));
    }

    public void Dispose() => folder.Dispose();
}
