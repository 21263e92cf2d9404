namespace Vault.Core.Pipeline;

/// <summary>What only a verify finds.</summary>
internal static class VerifyProblems
{
    public static Problem Exchanged => new(
        "backup-exchanged",
        "The metadata in the destination is not that of this backup: its encryption or its checksums differ from what the catalogue recorded.",
        "Find out who changed it, put the backup's own files back from another copy, then verify again.");

    public static Problem NothingToCompare => new(
        "nothing-to-compare",
        "This backup is not encrypted and carries no checksum, so nothing can prove that it is what was backed up.",
        "Back the source up again; what Vault makes can always be verified.");

    public static Problem DumpIncomplete => new(
        "dump-incomplete",
        "The dump in this backup does not have its end: it was cut off before it was stored, and would not restore whole.",
        "Do not count on this backup: back the source up again, and keep an earlier backup that verifies.");

    public static Problem RowsDiffer(string table) => new(
        "rows-mismatch",
        $"The dump in this backup does not hold the rows that its metadata names, first in \"{table}\": the metadata was changed or belongs to another backup.",
        "Put the backup's own .meta.json back beside it, then verify again.");
}
