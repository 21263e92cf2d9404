using Vault.Core.Engines;

namespace Vault.Core.Pipeline;

/// <summary>Reports progress at most ten times a second.</summary>
internal sealed class ProgressGate(IRunLog log, TimeProvider clock, long? totalBytes)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private long? last;

    public void Report(long doneBytes)
    {
        if (last is null || clock.GetElapsedTime(last.Value) >= Pause)
        {
            last = clock.GetTimestamp();
            log.Progress(doneBytes, totalBytes);
        }
    }
}
