using System.Diagnostics;

namespace Vault.Cli.Terminal;

/// <summary>Bytes, percent, rate and time left of one phase, in one line.</summary>
internal sealed class ProgressLine(string phase)
{
    private const double SecondsForARate = 0.5;
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private TimeSpan? shown;

    /// <summary>Ten times a second is often enough for eyes; the end is always shown.</summary>
    public bool IsDue(long doneBytes, long? totalBytes)
    {
        if (shown is { } at && watch.Elapsed - at < TimeSpan.FromMilliseconds(100) && doneBytes != totalBytes) return false;
        shown = watch.Elapsed;
        return true;
    }

    public string Text(long doneBytes, long? totalBytes)
    {
        var parts = new List<string> { $"{phase}: {Units.Size(doneBytes)}" };
        if (totalBytes is > 0) parts.Add($"{Math.Min(100, doneBytes * 100 / totalBytes.Value)} % of {Units.Size(totalBytes.Value)}");
        if (watch.Elapsed.TotalSeconds >= SecondsForARate)
        {
            var rate = doneBytes / watch.Elapsed.TotalSeconds;
            parts.Add($"{Units.Size(rate)}/s");
            if (totalBytes > doneBytes && rate >= 1) parts.Add($"{Units.Left(TimeSpan.FromSeconds((totalBytes.Value - doneBytes) / rate))} left");
        }

        return string.Join(", ", parts);
    }
}
