using System.Collections.Frozen;
using System.Security.Cryptography;
using Vault.Core.Engines;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>Reads a stored backup as a restore would, to the last byte of its dump, and proves it. Writes nothing anywhere; memory is constant.</summary>
public static class BackupVerifier
{
    /// <summary>What says that the stored files are not what was backed up. A missing key, a destination that is away, or a format of a later version says nothing of that kind.</summary>
    private static readonly FrozenSet<string> Damages = FrozenSet.ToFrozenSet(
    [
        "file-truncated", "file-too-long", "tag-mismatch", "hash-mismatch", "dump-mismatch", "compression-damaged", "dump-incomplete", "rows-mismatch",
        "backup-exchanged", "seal-header", "metadata-missing", "metadata-garbage",
        "metadata-iv-malformed", "metadata-iv-length", "metadata-tag-malformed", "metadata-tag-length",
    ]);

    private static readonly FrozenSet<string> MissingKeys = FrozenSet.ToFrozenSet(["wrong-key", "no-key-matches", "wrong-password", "password-needed"]);

    /// <summary>True: the backup is damaged. False: nothing is known about it, because it could not be looked at.</summary>
    public static bool IsDamage(Problem problem) => Damages.Contains(problem.Code);

    /// <summary>True: it could not be looked at because its key is not here.</summary>
    public static bool IsMissingKey(Problem problem) => MissingKeys.Contains(problem.Code);

    /// <param name="recorded">Null: nothing but the metadata says what the backup should be.</param>
    /// <param name="proofOf">Null: nobody knows how such a dump ends.</param>
    /// <exception cref="ProblemException">Why it is not proved; <see cref="IsDamage"/> tells whether that is the backup's fault.</exception>
    public static async Task<VerifiedBackup> VerifyAsync(
        BackupFile file, RecordedBackup? recorded, IReadOnlyList<CandidateKey> candidates, Func<BackupMetadata, IDumpProof?> proofOf, IRunLog log, CancellationToken cancel)
    {
        if (file.Metadata is { } metadata && recorded?.IsOf(metadata) == false)
        {
            throw new ProblemException(VerifyProblems.Exchanged);
        }

        var tap = new StoredTap(file);
        await using var opened = await OpenAsync(tap, recorded, candidates, log, cancel);
        if (!opened.Metadata.IsEncrypted && (opened.Metadata.Sha256?.Stored ?? opened.Metadata.Sha256?.Dump) is null)
        {
            throw new ProblemException(VerifyProblems.NothingToCompare);
        }

        log.Phase("Reading");
        var proof = proofOf(opened.Metadata);
        var size = await ReadAsync(opened, proof, log, cancel);
        await tap.FinishAsync(cancel);
        ThrowIfNotAsKnown(tap, file.SizeBytes, recorded?.StoredSha256 ?? opened.Metadata.Sha256?.Stored);
        Conclude(proof, opened.Metadata.Tables);
        return Say(log, new VerifiedBackup(
            opened.Metadata, opened.ProfileName, opened.WasSmartRecovery, tap.SizeBytes, tap.Sha256!, size, opened.DumpSha256!,
            proof?.Tables ?? [], proof?.Seen ?? "Nothing here knows this kind of dump, so its end could not be looked for."));
    }

    /// <summary>Without the key the checksum still tells whether the file is what was stored: damage goes before the missing key.</summary>
    private static async Task<OpenedBackup> OpenAsync(StoredTap tap, RecordedBackup? recorded, IReadOnlyList<CandidateKey> candidates, IRunLog log, CancellationToken cancel)
    {
        try
        {
            return await BackupOpener.OpenAsync(tap.Watched, candidates, log, cancel);
        }
        catch (ProblemException failure) when (IsMissingKey(failure.Problem) && (recorded?.StoredSha256 ?? tap.Watched.Metadata?.Sha256?.Stored) is { } expected)
        {
            await tap.FinishAsync(cancel);
            ThrowIfNotAsKnown(tap, tap.Watched.SizeBytes, expected);
            log.Write(LogLevel.Warning, "The file's SHA-256 is the recorded one, but without its key nothing more can be proved.");
            throw;
        }
    }

    private static async Task<long> ReadAsync(OpenedBackup opened, IDumpProof? proof, IRunLog log, CancellationToken cancel)
    {
        var progress = new ByteProgress(log, opened.Metadata.Sizes?.Dump);
        var buffer = GC.AllocateUninitializedArray<byte>(1 << 20);
        try
        {
            int read;
            while ((read = await opened.Dump.ReadAsync(buffer, cancel)) > 0)
            {
                proof?.Observe(buffer.AsSpan(0, read));
                progress.Add(read);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }

        return progress.DoneBytes;
    }

    private static void ThrowIfNotAsKnown(StoredTap tap, long sizeBytes, string? sha256)
    {
        OpenProblems.ThrowIfSizeDiffers(tap.SizeBytes, sizeBytes);
        if (sha256 is not null && !sha256.Equals(tap.Sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw new ProblemException(OpenProblems.HashMismatch);
        }
    }

    private static void Conclude(IDumpProof? proof, IReadOnlyList<TableRows> expected)
    {
        if (proof?.Conclude() is not null)
        {
            throw new ProblemException(VerifyProblems.DumpIncomplete);
        }

        if (expected.Count > 0 && proof is { Tables.Count: > 0 } && FirstDifference(expected, proof.Tables) is { } table)
        {
            throw new ProblemException(VerifyProblems.RowsDiffer(table));
        }
    }

    private static string? FirstDifference(IReadOnlyList<TableRows> expected, IReadOnlyList<TableRows> found) =>
        expected.Except(found).Concat(found.Except(expected)).FirstOrDefault()?.Name;

    private static VerifiedBackup Say(IRunLog log, VerifiedBackup verified)
    {
        log.Write(LogLevel.Info, $"The stored file has {verified.StoredSizeBytes} bytes, SHA-256 {verified.StoredSha256}.");
        log.Write(LogLevel.Info, $"The dump was decompressed to its end: {verified.DumpSizeBytes} bytes, SHA-256 {verified.DumpSha256}.");
        log.Write(LogLevel.Info, verified.EndSeen);
        if (verified.Tables.Count > 0)
        {
            log.Write(LogLevel.Info, $"Counted {verified.Tables.Sum(table => table.Rows)} rows in {verified.Tables.Count} tables.");
        }

        return verified;
    }
}
