namespace Vault.Core.Formats;

/// <summary>What can be wrong behind a right header. Chunks before the damage were authentic and may have been released.</summary>
internal static class SealedProblems
{
    private const string Truncated = "file-truncated";
    private const string TooLong = "file-too-long";
    private const string Mismatch = "tag-mismatch";
    private const string Next = "Copy the file again from its destination, or restore another backup.";

    public static bool IsDamage(Problem problem) => problem.Code is Truncated or TooLong or Mismatch;

    public static Problem CutAt(long offset) => new(
        Truncated,
        $"The backup file is not whole: behind byte {offset} there is no end of a backup. It was cut, or something was added. Nothing may be kept of what came before.",
        Next);

    public static Problem LongerThan(long offset) => new(
        TooLong,
        $"The backup ends at byte {offset} of the file, and something was added behind it. Nothing of the addition was released, and nothing may be kept of the rest.",
        Next);

    public static Problem DamagedAt(long offset, int length) => new(
        Mismatch,
        $"The backup file was damaged, changed or cut in the {length} bytes from byte {offset} on: their authentication tag is not right. Nothing from there on was released, and nothing may be kept of what came before.",
        Next);

    public static Problem HeaderChanged(string profileName) => new(
        Mismatch,
        $"The key of {profileName} fits, but the header of the file was damaged or changed. Nothing of it was released.",
        Next);
}
