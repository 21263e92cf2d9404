using Vault.Core;
using Vault.Core.Engines;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Features.Runs;

/// <summary>
/// The log of one live run. A window of the newest lines stays in memory; a line leaves it only after it is stored, so a reader
/// finds every line either here or in the database, and memory does not grow with the log.
/// </summary>
internal sealed class RunLog : IRunLog, IAsyncDisposable
{
    internal const int WindowLines = 4096;
    private const int LongestText = 4000;
    private static readonly TimeSpan StoreEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ShowProgressEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StoreProgressEvery = TimeSpan.FromSeconds(1);

    private readonly object gate = new();
    private readonly RunLogLine[] window = new RunLogLine[WindowLines];
    private readonly ProgressMeter meter = new();
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly Guid runId;
    private readonly RunLogStore store;
    private readonly TimeProvider clock;
    private readonly Signal changed;
    private readonly long firstSeq;
    private readonly DateTimeOffset openedAt;
    private readonly long opened;
    private readonly Task storing;
    private long lastSeq;
    private long storedSeq;
    private string? phase;
    private RunProgress? progress;
    private RunProgress? shownProgress;
    private RunProgress? storedProgress;
    private DateTimeOffset shownAt;
    private DateTimeOffset progressStoredAt;
    private bool isClosing;
    private Exception? storeFailure;

    public RunLog(Guid runId, long lastStoredSeq, RunLogStore store, TimeProvider clock, Signal changed)
    {
        (this.runId, this.store, this.clock, this.changed) = (runId, store, clock, changed);
        lastSeq = storedSeq = lastStoredSeq;
        firstSeq = lastStoredSeq + 1;
        (openedAt, opened) = (clock.GetUtcNow(), clock.GetTimestamp());
        storing = Task.Run(StoreLoopAsync);
    }

    public long LastSeq { get { lock (gate) return lastSeq; } }

    public RunProgress? Progress { get { lock (gate) return shownProgress; } }

    /// <summary>The shown figures, with rate and time left as of now.</summary>
    public RunProgress? ProgressNow { get { lock (gate) return shownProgress is { } shown ? meter.LookAgain(SteadyNow, shown) : null; } }

    public void Phase(string name)
    {
        lock (gate)
        {
            phase = name;
            progress = shownProgress = meter.Begin(name);
            progressStoredAt = default;
        }

        Write(LogLevel.Info, name);
    }

    public void Write(LogLevel level, string text)
    {
        lock (gate)
        {
            WaitForRoom();
            // After its end a run says nothing more: a line that nobody stores would be seen once and then be gone.
            if (isClosing) return;
            lastSeq++;
            window[lastSeq % WindowLines] = new RunLogLine
            {
                RunId = runId, Seq = lastSeq, At = clock.GetUtcNow(), Level = level, Phase = phase,
                Text = Shown(text),
            };
        }

        changed.Set();
        Wake();
    }

    void IRunLog.Progress(long doneBytes, long? totalBytes)
    {
        lock (gate)
        {
            progress = meter.Measure(SteadyNow, doneBytes, totalBytes);
        }

        ShowProgress();
        Wake();
    }

    /// <summary>Lines from <paramref name="fromSeq"/> on that are in memory; null when older ones are asked for, which are stored.</summary>
    public IReadOnlyList<RunLogLine>? ReadWindow(long fromSeq, int most)
    {
        lock (gate)
        {
            var oldest = Math.Max(firstSeq, lastSeq - WindowLines + 1);
            if (fromSeq < oldest) return null;
            var lines = new List<RunLogLine>((int)Math.Clamp(lastSeq - fromSeq + 1, 0, most));
            for (var seq = fromSeq; seq <= lastSeq && lines.Count < most; seq++) lines.Add(window[seq % WindowLines]);
            return lines;
        }
    }

    /// <summary>Stores what is left; returns once every line is in the database.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate) isClosing = true;
        Wake();
        await storing;
        if (storeFailure is { } failure) throw NotStored(failure);
    }

    /// <summary>Does not jump when somebody sets the clock: a figure would be held back until the clock is where it was.</summary>
    private DateTimeOffset SteadyNow => openedAt + clock.GetElapsedTime(opened);

    /// <summary>One line: a name in foreign metadata may hold line ends that forge further lines, or orders to a terminal.</summary>
    private static string Shown(string text)
    {
        var cut = text.Length <= LongestText ? text : string.Concat(text.AsSpan(0, LongestText), "…");
        return cut.Any(IsOrder) ? string.Concat(cut.Select(letter => IsOrder(letter) ? ' ' : letter)) : cut;

        static bool IsOrder(char letter) => (char.IsControl(letter) && letter != '\t') || letter is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
    }

    private static ProblemException NotStored(Exception cause) => new(
        "log-not-stored", "The log could not be written to the vault database, so the run was stopped.",
        "Free some space on the disk of the data folder and see that it can be written, then start the run again.", cause);

    private void WaitForRoom()
    {
        while (lastSeq - storedSeq >= WindowLines && storeFailure is null) Monitor.Wait(gate);
        if (storeFailure is { } failure) throw NotStored(failure);
    }

    private void Wake()
    {
        try { if (wake.CurrentCount == 0) wake.Release(); }
        catch (SemaphoreFullException) { /* somebody else woke it in between */ }
    }

    private async Task StoreLoopAsync()
    {
        try
        {
            while (true)
            {
                await wake.WaitAsync();
                var isLast = await StorePendingAsync();
                if (isLast) return;
                await Task.Delay(StoreEvery, clock);
                // What the throttles hold back is shown and stored a little later, so that the last figure before a pause is not lost.
                if (ShowProgress()) Wake();
            }
        }
        catch (Exception failure)
        {
            lock (gate)
            {
                storeFailure = failure;
                Monitor.PulseAll(gate);
            }
        }
    }

    private async Task<bool> StorePendingAsync()
    {
        while (true)
        {
            var (batch, row, isLast) = TakePending();
            if (batch.Count == 0 && row is null) return isLast;
            await store.AppendAsync(runId, batch, row);
            lock (gate)
            {
                if (batch.Count > 0) storedSeq = batch[^1].Seq;
                Monitor.PulseAll(gate);
            }
        }
    }

    private (List<RunLogLine> Batch, RunProgress? Row, bool IsLast) TakePending()
    {
        lock (gate)
        {
            var batch = new List<RunLogLine>();
            for (var seq = storedSeq + 1; seq <= lastSeq && batch.Count < 1000; seq++) batch.Add(window[seq % WindowLines]);
            var now = SteadyNow;
            var isDue = progress != storedProgress && (isClosing || now - progressStoredAt >= StoreProgressEvery);
            if (isDue) (storedProgress, progressStoredAt) = (progress, now);
            var row = isDue ? progress : null;
            return (batch, row, isClosing);
        }
    }

    /// <summary>Shows the newest figure unless one was shown just now. True: something still waits to be shown or stored.</summary>
    private bool ShowProgress()
    {
        lock (gate)
        {
            var now = SteadyNow;
            if (progress == shownProgress) return progress != storedProgress;
            if (now - shownAt < ShowProgressEvery) return true;
            (shownProgress, shownAt) = (progress, now);
        }

        changed.Set();
        return true;
    }
}
