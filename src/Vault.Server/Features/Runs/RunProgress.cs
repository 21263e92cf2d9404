namespace Vault.Server.Features.Runs;

/// <summary>How far a phase is.</summary>
/// <param name="BytesPerSecond">Over the last seconds; null until there is something to measure.</param>
/// <param name="SecondsLeft">Null when the total or the rate is unknown.</param>
internal sealed record RunProgress(string? Phase, long DoneBytes, long? TotalBytes, double? BytesPerSecond, double? SecondsLeft);

/// <summary>
/// Turns byte counts into rate and time left, over a window of five seconds; when the counts come seldom, over the time since
/// the newest one that is older.
/// </summary>
internal sealed class ProgressMeter
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(200);
    private readonly List<(DateTimeOffset At, long Bytes)> samples = [];
    private string? phase;
    private DateTimeOffset lastSampleAt;

    public RunProgress Begin(string phaseName)
    {
        phase = phaseName;
        samples.Clear();
        lastSampleAt = default;
        return new RunProgress(phase, 0, null, null, null);
    }

    public RunProgress Measure(DateTimeOffset at, long doneBytes, long? totalBytes)
    {
        if (at - lastSampleAt >= SampleEvery) AddSample(at, doneBytes);
        return Judge(at, doneBytes, totalBytes);
    }

    /// <summary>The same bytes a while later: a stage that stalls gets slower, its rate does not stand still.</summary>
    public RunProgress LookAgain(DateTimeOffset at, RunProgress last) =>
        samples.Count == 0 ? last : Judge(at, last.DoneBytes, last.TotalBytes);

    private RunProgress Judge(DateTimeOffset at, long doneBytes, long? totalBytes)
    {
        var first = samples[0];
        var gap = at - first.At;
        double? rate = gap >= Least ? Math.Max(0, doneBytes - first.Bytes) / gap.TotalSeconds : null;
        // An estimate may be too small: the total is never less than what is done.
        var total = totalBytes is { } t ? Math.Max(t, doneBytes) : (long?)null;
        double? left = total is { } whole && rate > 0 ? (whole - doneBytes) / rate : null;
        return new RunProgress(phase, doneBytes, total, rate, left);
    }

    private void AddSample(DateTimeOffset at, long doneBytes)
    {
        samples.Add((at, doneBytes));
        lastSampleAt = at;
        while (samples.Count > 2 && at - samples[1].At > Window) samples.RemoveAt(0);
    }
}
