using System.Collections.Concurrent;
using Vault.Core;

namespace Vault.Server.Features.Runs;

/// <summary>The state of a run as its watchers see it.</summary>
internal sealed record RunStatus(RunState State, Problem? Problem, Guid? BackupId, string? KeptAs)
{
    public bool IsFinished => State is not (RunState.Queued or RunState.Running);

    public static RunStatus Of(Run run) => new(
        run.State,
        run.ProblemCode is null ? null : new Problem(run.ProblemCode, run.ProblemMessage ?? "", run.ProblemNext ?? ""),
        run.BackupId,
        run.KeptAs);
}

/// <summary>A run that is executed in this process: its log, its cancellation, its newest status.</summary>
internal sealed class LiveRun(Guid id, RunLog log, Signal changed) : IDisposable
{
    private readonly CancellationTokenSource cancellation = new();
    private volatile RunStatus status = new(RunState.Running, null, null, null);

    public Guid Id { get; } = id;

    public RunLog Log { get; } = log;

    public Signal Changed { get; } = changed;

    public RunStatus Status => status;

    /// <summary>Cancelled when its owner asks for it.</summary>
    public CancellationToken Cancelled => cancellation.Token;

    public async Task CancelAsync()
    {
        try
        {
            await cancellation.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended in the meantime.
        }
    }

    /// <summary>Called after the last line is stored and the row says so.</summary>
    public void Finish(RunStatus final)
    {
        status = final;
        Changed.Set();
    }

    public void Dispose() => cancellation.Dispose();
}

/// <summary>The runs that are executed now.</summary>
internal sealed class LiveRuns(RunLogStore store, TimeProvider clock)
{
    private readonly ConcurrentDictionary<Guid, LiveRun> runs = new();

    public IReadOnlyCollection<LiveRun> All => [.. runs.Values];

    public LiveRun? Find(Guid id) => runs.GetValueOrDefault(id);

    public async Task<LiveRun> OpenAsync(Guid id)
    {
        var changed = new Signal();
        var live = new LiveRun(id, new RunLog(id, await store.LastSeqAsync(id), store, clock, changed), changed);
        return runs.TryAdd(id, live) ? live : throw new InvalidOperationException($"Run {id} is executed already.");
    }

    public void Close(LiveRun live, RunStatus final)
    {
        live.Finish(final);
        runs.TryRemove(live.Id, out _);
        live.Dispose();
    }
}
