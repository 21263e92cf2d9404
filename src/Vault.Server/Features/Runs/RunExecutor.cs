using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Server.Database;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Notifications;
using Vault.Server.Features.Restores;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Features.Runs;

/// <summary>Executes one run from Queued to its end. Every failure ends in the row, with its first cause.</summary>
internal sealed class RunExecutor(
    IDbContextFactory<VaultDb> databases, LiveRuns liveRuns, BackupWork backups, RestoreWork restores, VerifyWork verifies, Notifier notifier, TimeProvider clock, ILogger<RunExecutor> log)
{
    private static readonly TimeSpan RecordAgainAfter = TimeSpan.FromSeconds(1);

    /// <param name="stopping">Vault is stopping: the run becomes Interrupted.</param>
    public async Task ExecuteAsync(Guid runId, CancellationToken stopping)
    {
        // Whoever takes the row out of Queued first has it: a run is executed at most once, and never after it was cancelled.
        if (!await TakeAsync(runId)) return;
        ProcessMemory.GiveBack();
        var live = await liveRuns.OpenAsync(runId);
        var status = new RunStatus(RunState.Interrupted, null, null, null);
        try
        {
            var run = await LoadAsync(runId);
            status = await EndAsync(run, live, await WorkAsync(run, live, stopping), stopping);
        }
        finally
        {
            liveRuns.Close(live, status);
        }

        ProcessMemory.GiveBack();
    }

    private async Task<bool> TakeAsync(Guid runId)
    {
        await using var db = await databases.CreateDbContextAsync();
        var now = clock.GetUtcNow();
        return await db.Runs.Where(r => r.Id == runId && r.State == RunState.Queued).ExecuteUpdateAsync(set => set
            .SetProperty(r => r.State, RunState.Running)
            .SetProperty(r => r.StartedAt, now)) == 1;
    }

    private async Task<Run> LoadAsync(Guid runId)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Runs.AsNoTracking().SingleAsync(r => r.Id == runId);
    }

    private async Task<RunEnd> WorkAsync(Run run, LiveRun live, CancellationToken stopping)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(live.Cancelled, stopping);
        try
        {
            return run.Kind switch
            {
                RunKind.Backup => new RunEnd(RunState.Succeeded, null, await backups.RunAsync(run, live.Log, linked.Token)),
                RunKind.Restore => new RunEnd(RunState.Succeeded, null, await restores.RunAsync(run, live.Log, linked.Token)),
                _ => await verifies.RunAsync(run, live.Log, linked.Token),
            };
        }
        catch (Exception) when (live.Cancelled.IsCancellationRequested)
        {
            return RunEnd.Because(RunState.Cancelled, RunProblems.Cancelled(run.Kind));
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            return RunEnd.Because(RunState.Interrupted, RunProblems.Interrupted(run.Kind));
        }
        catch (ProblemException failure)
        {
            return RunEnd.Because(RunState.Failed, failure.Problem);
        }
        catch (Exception failure)
        {
            log.LogError(failure, "Run {RunId} failed unexpectedly", run.Id);
            return RunEnd.Because(RunState.Failed, RunProblems.Unexpected(failure));
        }
    }

    private async Task<RunStatus> EndAsync(Run run, LiveRun live, RunEnd end, CancellationToken stopping)
    {
        try
        {
            Say(live.Log, run, end);
            await live.Log.DisposeAsync();
        }
        catch (ProblemException failure) when (end.State == RunState.Succeeded)
        {
            end = RunEnd.Because(RunState.Failed, failure.Problem);
        }
        catch (ProblemException failure)
        {
            log.LogError(failure, "The log of run {RunId} is not whole", run.Id);
        }

        return await RecordAsync(run.Id, end, stopping);
    }

    private static void Say(RunLog log, Run run, RunEnd end)
    {
        if (end.State == RunState.Succeeded) log.Write(LogLevel.Info, $"{run.Kind} succeeded");
        else log.Write(end.State == RunState.Failed ? LogLevel.Error : LogLevel.Warning, end.Problem!.ToString());
    }

    /// <summary>Until its row says how it ended, a run looks as if it still ran: a full disk or a locked database is waited for.</summary>
    private async Task<RunStatus> RecordAsync(Guid runId, RunEnd end, CancellationToken stopping)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await RecordAsync(runId, end);
            }
            catch (Exception failure) when (IsPassing(failure) && !stopping.IsCancellationRequested)
            {
                if (tries == 1) log.LogError(failure, "The end of run {RunId} cannot be written into the vault database; it is tried again until it can", runId);
                await Task.Delay(RecordAgainAfter, clock, stopping);
            }
        }
    }

    // https://sqlite.org/rescode.html: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN
    private static bool IsPassing(Exception failure) =>
        (failure as SqliteException ?? failure.InnerException as SqliteException)?.SqliteErrorCode is 5 or 6 or 8 or 10 or 13 or 14;

    /// <summary>The row of the run, and what it made, in one transaction.</summary>
    private async Task<RunStatus> RecordAsync(Guid runId, RunEnd end)
    {
        await using var db = await databases.CreateDbContextAsync();
        var run = await db.Runs.SingleAsync(r => r.Id == runId);
        (run.State, run.WrappedPassword) = (end.State, null);
        run.MayHaveLeftovers = end.State != RunState.Succeeded && run.Kind != RunKind.Verify;
        run.FinishedAt = clock.GetUtcNow();
        (run.ProblemCode, run.ProblemMessage, run.ProblemNext) = (end.Problem?.Code, end.Problem?.Message, end.Problem?.Next);
        end.Record?.Invoke(db, run);
        await db.SaveChangesAsync();
        notifier.Tell(run);
        return RunStatus.Of(run);
    }
}

/// <summary>How a run ended.</summary>
/// <param name="Record">Adds what the run made, or found out, to the transaction that ends it.</param>
internal sealed record RunEnd(RunState State, Problem? Problem, Action<VaultDb, Run>? Record)
{
    public static RunEnd Because(RunState state, Problem problem) => new(state, problem, null);
}
