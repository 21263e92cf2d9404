using Vault.Core;
using Vault.Core.Pipeline;

namespace Vault.Server.Features.Backups;

/// <summary>What a verify found.</summary>
internal enum Finding
{
    /// <summary>Every tag, size, checksum and end was right.</summary>
    Proved,

    /// <summary>The stored files are not what was backed up.</summary>
    Damaged,

    /// <summary>The destination answered, and does not have it.</summary>
    Gone,

    /// <summary>It could not be looked at: no key, no destination. Nothing is known that was not known before.</summary>
    Unknown,
}

/// <summary>What becomes of a copy and of its backup after a verify. Pure.</summary>
internal static class VerifyRule
{
    /// <summary>Words that a later version may have written, or that somebody wrote into the metadata.</summary>
    private static readonly HashSet<string> UnknownWords = ["metadata-version", "format-unknown", "algorithm-unknown", "compression-unknown"];

    /// <param name="wasProved">This vault has read the backup before: a word that it does not know can only have been written since.</param>
    public static Finding Judge(Problem? problem, bool wasProved) => problem switch
    {
        null => Finding.Proved,
        { Code: "object-missing" } => Finding.Gone,
        _ when BackupVerifier.IsDamage(problem) || (wasProved && UnknownWords.Contains(problem.Code)) => Finding.Damaged,
        _ => Finding.Unknown,
    };

    /// <param name="isAnotherCopyDamaged">The backup stays red as long as one of its copies is.</param>
    public static BackupState After(BackupState now, Finding finding, bool isAnotherCopyDamaged) => (now, finding) switch
    {
        (BackupState.Expiring, _) or (_, Finding.Unknown) => now,
        (_, Finding.Damaged) => BackupState.Damaged,
        (_, Finding.Gone) => BackupState.Missing,
        _ => isAnotherCopyDamaged ? BackupState.Damaged : BackupState.Available,
    };

    public static void Note(Copy copy, Finding finding, Problem? problem, Guid runId, DateTimeOffset now)
    {
        (copy.VerifyTriedAt, copy.VerifyRunId) = (now, runId);
        (copy.VerifyProblemCode, copy.VerifyProblemMessage, copy.VerifyProblemNext) = (problem?.Code, problem?.Message, problem?.Next);
        if (finding == Finding.Damaged) copy.DamagedAt ??= now;
        if (finding == Finding.Proved) (copy.VerifiedAt, copy.DamagedAt, copy.DamageAcknowledgedAt) = (now, null, null);
    }
}
