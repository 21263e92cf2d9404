using System.Text.RegularExpressions;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>How far a parallel restore is, as its lines tell: by the size of the tables whose rows are in, then by the log alone.</summary>
internal sealed partial class PgRestoreItems(IReadOnlyList<ArchiveBlock> blocks, IRunLog log)
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, long> awaited = blocks.ToDictionary(block => block.Entry.DumpId, block => block.SizeBytes);
    private readonly long totalBytes = blocks.Sum(block => block.SizeBytes);
    private long doneBytes;
    private long shownBytes;
    private bool areRowsIn;

    public void Take(string line)
    {
        var match = Item().Match(line);
        if (!match.Success || !int.TryParse(match.Groups[2].ValueSpan, out var id)) return;
        lock (gate)
            if (match.Groups[1].ValueSpan is "finished") Finish(id);
            else BeginIndexes();
    }

    /// <param name="runningBytes">Rows of the tables under way that the server has taken so far.</param>
    public void TakeRunning(long runningBytes)
    {
        lock (gate)
            if (awaited.Count > 0) Show(doneBytes + runningBytes);
    }

    private void Finish(int id)
    {
        if (!awaited.Remove(id, out var bytes)) return;
        doneBytes += bytes;
        Show(doneBytes);
    }

    // What the server counts and what lies in the archive differ a little, and much when the archive is compressed by itself.
    private void Show(long bytes) => log.Progress(shownBytes = Math.Max(shownBytes, Math.Min(bytes, totalBytes)), totalBytes);

    private void BeginIndexes()
    {
        if (areRowsIn || awaited.Count > 0) return;
        areRowsIn = true;
        log.Phase("Building indexes");
    }

    [GeneratedRegex(@"^\S*: (launching|finished) item (\d+) ")]
    private static partial Regex Item();
}
