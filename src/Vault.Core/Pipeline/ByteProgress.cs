using Vault.Core.Engines;

namespace Vault.Core.Pipeline;

/// <summary>Reports progress in steps of half a percent, at least 16 MiB apart: rare enough without a clock.</summary>
internal sealed class ByteProgress(IRunLog log, long? totalBytes)
{
    private readonly long stepBytes = Math.Max((totalBytes ?? 0) / 200, 16 << 20);
    private long reportedBytes;

    public long DoneBytes { get; private set; }

    public void Add(long bytes)
    {
        DoneBytes += bytes;
        if (DoneBytes - reportedBytes >= stepBytes || DoneBytes == totalBytes)
        {
            reportedBytes = DoneBytes;
            log.Progress(DoneBytes, totalBytes);
        }
    }
}
