namespace Vault.Server.Features.Runs;

/// <summary>How far a phase is.</summary>
/// <param name="BytesPerSecond">Over the last seconds; null until there is something to measure.</param>
/// <param name="SecondsLeft">Null when the total or the rate is unknown.</param>
internal sealed record RunProgress(string? Phase, long DoneBytes, long? TotalBytes, double? BytesPerSecond, double? SecondsLeft);

/// <summary>Turns byte counts into rate and time left, over a window of five seconds.</summary>
internal sealed class ProgressMeter
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(200);
    private readonly Queue<(DateTimeOffset At, long Bytes)> samples = new();
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
        var first = samples.Peek();
        var seconds = (at - first.At).TotalSeconds;
        double? rate = seconds > 0 ? Math.Max(0, doneBytes - first.Bytes) / seconds : null;
        // An estimate may be too small: the total is never less than what is done.
        var total = totalBytes is { } t ? Math.Max(t, doneBytes) : (long?)null;
        double? left = total is { } whole && rate > 0 ? (whole - doneBytes) / rate : null;
        return new RunProgress(phase, doneBytes, total, rate, left);
    }

    private void AddSample(DateTimeOffset at, long doneBytes)
    {
        samples.Enqueue((at, doneBytes));
        lastSampleAt = at;
        while (samples.Count > 1 && at - samples.Peek().At > Window) samples.Dequeue();
    }
}
