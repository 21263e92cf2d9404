using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Vault.Server.Database;

namespace Vault.Server.Features.Runs;

/// <summary>One message to a watcher; exactly one part is set.</summary>
internal sealed record RunUpdate(
    IReadOnlyList<RunLogLine>? Lines = null,
    RunProgress? Progress = null,
    RunStatus? Status = null);

/// <summary>What a page needs to know to draw a run.</summary>
internal sealed record RunGlance(long LastSeq, RunProgress? Progress, RunStatus Status);

/// <summary>
/// Follows runs. A watcher pulls at its own pace with its own place in the log: stored lines first, then the window of the live run,
/// so a slow one is never skipped and never slows the run.
/// </summary>
internal sealed class RunFeed(LiveRuns liveRuns, RunLogStore store, IDbContextFactory<VaultDb> databases, TimeProvider clock)
{
    private const int MostLines = 500;
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LookAnywayAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GlanceEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Every line from <paramref name="fromSeq"/> on, once and in order, with progress and states, until the run has finished.</summary>
    public async IAsyncEnumerable<RunUpdate> FollowAsync(Guid runId, long fromSeq, [EnumeratorCancellation] CancellationToken cancel)
    {
        var nextSeq = Math.Max(1, fromSeq);
        var (shownStatus, shownProgress) = ((RunStatus?)null, (RunProgress?)null);
        while (true)
        {
            var live = liveRuns.Find(runId);
            // Taken before looking, so that a change in between wakes us at once.
            var changed = live?.Changed.Next ?? Task.Delay(LookAgainAfter, clock, cancel);
            var progress = live?.Log.Progress;
            var status = live?.Status ?? await ReadStatusAsync(runId, cancel);
            if (status is null) yield break;
            var lines = await ReadAsync(live, runId, nextSeq, MostLines, cancel);
            if (lines.Count > 0)
            {
                nextSeq = lines[^1].Seq + 1;
                yield return new RunUpdate(Lines: lines);
            }

            if (progress is not null && progress != shownProgress) yield return new RunUpdate(Progress: shownProgress = progress);
            if (lines.Count > 0) continue;
            if (status != shownStatus) yield return new RunUpdate(Status: shownStatus = status);
            if (status.IsFinished) yield break;
            await changed.WaitAsync(cancel);
        }
    }

    /// <summary>The newest state, at most ten times and at least once a second, until the run has finished.</summary>
    public async IAsyncEnumerable<RunGlance> WatchAsync(Guid runId, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            var live = liveRuns.Find(runId);
            var changed = live?.Changed.Next ?? Task.Delay(LookAgainAfter, clock, cancel);
            var status = live?.Status ?? await ReadStatusAsync(runId, cancel);
            if (status is null) yield break;
            yield return new RunGlance(live?.Log.LastSeq ?? await store.LastSeqAsync(runId, cancel), live?.Log.ProgressNow, status);
            if (status.IsFinished) yield break;
            await Task.WhenAny(changed, Task.Delay(LookAnywayAfter, clock, cancel));
            await Task.Delay(GlanceEvery, clock, cancel);
        }
    }

    /// <summary>Any part of the log, wherever it is.</summary>
    public Task<IReadOnlyList<RunLogLine>> ReadAsync(Guid runId, long fromSeq, int most, CancellationToken cancel) =>
        ReadAsync(liveRuns.Find(runId), runId, fromSeq, most, cancel);

    private async Task<IReadOnlyList<RunLogLine>> ReadAsync(LiveRun? live, Guid runId, long fromSeq, int most, CancellationToken cancel) =>
        live?.Log.ReadWindow(fromSeq, most) ?? await store.ReadAsync(runId, fromSeq, most, cancel);

    private async Task<RunStatus?> ReadStatusAsync(Guid runId, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var run = await db.Runs.AsNoTracking().FirstOrDefaultAsync(r => r.Id == runId, cancel);
        return run is null ? null : RunStatus.Of(run);
    }
}
