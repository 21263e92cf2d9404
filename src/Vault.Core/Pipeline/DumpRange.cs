using Vault.Core.Engines;
using Vault.Core.Formats;

namespace Vault.Core.Pipeline;

/// <summary>A part of a dump. Of a <c>sealed</c> file only the chunks that hold it are read; of any other, all of it.</summary>
public static class DumpRange
{
    /// <summary>The dump's bytes from <paramref name="from"/> to <paramref name="to"/> (not included), or to its end when that comes first.</summary>
    /// <exception cref="ProblemException">The backup does not open, or is damaged in the part that was read.</exception>
    public static async Task<Stream> OpenAsync(BackupFile file, IReadOnlyList<CandidateKey> candidates, long from, long to, IRunLog log, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        var head = await file.ReadHeadAsync(SealedHeader.Size, cancel);
        if (SealedHeader.HasMagic(head))
        {
            using var opening = SealedOpening.Begin(file, SealedHeader.Parse(head).Value, candidates, log);
            return new PartStream(await opening.OpenRangeAsync(from, cancel), 0, to - from);
        }

        var opened = await BackupOpener.OpenAsync(file, candidates, log, cancel);
        return new PartStream(opened.Dump, from, to - from);
    }
}
