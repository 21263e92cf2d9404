namespace Vault.Server.Features.Backups;

internal sealed record VerifyCandidate(Copy Copy, DateTimeOffset BackupStartedAt);

/// <summary>Which copies a scheduled verify reads. Pure.</summary>
internal static class VerifyChoice
{
    /// <summary>
    /// Never tried first, newest backup first among them; then by how long ago the last try was. By the try and not by the proof:
    /// a copy whose key is not here would otherwise stand at the front for ever. A copy above the limit of bytes is taken alone.
    /// </summary>
    public static IReadOnlyList<VerifyCandidate> Pick(IEnumerable<VerifyCandidate> candidates, int maxBackups, long maxBytes)
    {
        var chosen = new List<VerifyCandidate>();
        var bytes = 0L;
        foreach (var candidate in candidates.OrderBy(c => c.Copy.VerifyTriedAt ?? DateTimeOffset.MinValue).ThenByDescending(c => c.BackupStartedAt))
        {
            bytes += candidate.Copy.SizeBytes;
            if (chosen.Count == maxBackups || (chosen.Count > 0 && bytes > maxBytes)) break;
            chosen.Add(candidate);
        }

        return chosen;
    }
}
