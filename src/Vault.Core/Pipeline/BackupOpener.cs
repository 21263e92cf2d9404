using System.Security.Cryptography;
using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>The restore side. Only authenticated bytes leave it (design, idea 3).</summary>
public static class BackupOpener
{
    /// <summary>
    /// Finds the key. A <c>sealed</c> file is opened chunk by chunk, each behind its own tag; of any other the whole tag (or,
    /// without encryption, the SHA-256) is verified first.
    /// </summary>
    /// <exception cref="ProblemException">The backup does not open; not a byte of it was released.</exception>
    public static async Task<OpenedBackup> OpenAsync(BackupFile file, IReadOnlyList<CandidateKey> candidates, IRunLog log, CancellationToken cancel)
    {
        log.Phase("Verifying");
        var head = await file.ReadHeadAsync(SealedHeader.Size, cancel);
        if (SealedHeader.HasMagic(head))
        {
            using var sealing = SealedOpening.Begin(file, SealedHeader.Parse(head).Value, candidates, log);
            return await sealing.OpenAsync(cancel);
        }

        var metadata = CheckedMetadata(file, head);
        return metadata.IsEncrypted
            ? await OpenStandardAsync(file, metadata, candidates, log, cancel)
            : await OpenPlainAsync(file, metadata, log, cancel);
    }

    /// <summary>
    /// Tells before anything is opened whether a password is needed, and whether one of these is right: it reads the header and
    /// nothing else. Null when there is nothing to complain of, which for a backup without a password says nothing.
    /// </summary>
    public static async Task<Problem?> CheckPasswordAsync(BackupFile file, IReadOnlyList<CandidateKey> candidates, CancellationToken cancel)
    {
        try
        {
            var head = await file.ReadHeadAsync(SealedHeader.Size, cancel);
            return SealedHeader.HasMagic(head) && SealedHeader.Parse(head) is { IsOk: true, Value: { IsFromPassword: true } header }
                ? SealedOpening.CheckPassword(header, candidates)
                : null;
        }
        catch (ProblemException failure)
        {
            return failure.Problem;
        }
    }

    /// <summary>Without a header of its own, a file is only what its metadata says.</summary>
    private static BackupMetadata CheckedMetadata(BackupFile file, ReadOnlySpan<byte> head)
    {
        var metadata = file.Metadata ?? throw new ProblemException(file.MetadataProblem ?? OpenProblems.MetadataMissing(file.ObjectName));
        if (metadata.Encryption?.Check() is { } problem)
        {
            throw new ProblemException(problem);
        }

        OpenProblems.ThrowIfSizeDiffers(file.SizeBytes, metadata.Sizes?.Stored ?? file.SizeBytes);
        if (metadata is { IsEncrypted: true, Encryption.Format: SealedFormat.Word })
        {
            throw new ProblemException(head.Length < SealedHeader.Size ? SealedHeader.Parse(head).Problem! : OpenProblems.HeaderDamaged);
        }

        if (!metadata.IsEncrypted && file.ObjectName.EndsWith(ObjectNames.EncryptedSuffix, StringComparison.Ordinal))
        {
            throw new ProblemException(OpenProblems.NotSaidEncrypted);
        }

        return metadata;
    }

    private static async Task<OpenedBackup> OpenStandardAsync(BackupFile file, BackupMetadata metadata, IReadOnlyList<CandidateKey> candidates, IRunLog log, CancellationToken cancel)
    {
        using var found = await new KeySearch(file, metadata, log).FindAsync(candidates, cancel);
        log.Write(LogLevel.Info, $"Verified: the whole file ({file.SizeBytes} bytes) is authentic under the key of profile '{found.ProfileName}'.");
        OpenedDump.SaySmartRecovery(log, found.ProfileName, found.IsNamed);
        var stream = await file.ReadFromAsync(0, cancel);
        var encryption = metadata.Encryption!;
        var plain = new StandardStream(found.Proved!.Read(stream), found.Key, Convert.FromHexString(encryption.Iv!), Convert.FromHexString(encryption.AuthTag!));
        var dump = await OpenedDump.UnpackAsync(plain, metadata, Mismatch, cancel);
        return new OpenedBackup(dump, EncryptionFormat.Standard, found.ProfileName, !found.IsNamed);
    }

    private static async Task<OpenedBackup> OpenPlainAsync(BackupFile file, BackupMetadata metadata, IRunLog log, CancellationToken cancel)
    {
        using var proved = new ProvedBytes();
        await VerifyPlainAsync(file, metadata.Sha256?.Stored, proved, log, cancel);
        var stream = await file.ReadFromAsync(0, cancel);
        var dump = await OpenedDump.UnpackAsync(proved.Read(stream), metadata, Mismatch, cancel);
        return new OpenedBackup(dump, format: null, profileName: null, wasSmartRecovery: false);
    }

    private static void Mismatch() => throw new ProblemException(OpenProblems.DumpMismatch);

    private static async Task VerifyPlainAsync(BackupFile file, string? expected, ProvedBytes proved, IRunLog log, CancellationToken cancel)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var progress = new ByteProgress(log, file.SizeBytes);
        await using var stream = await file.ReadFromAsync(0, cancel);
        await ObservedStream.ReadWholeAsync(stream, Observe, cancel);
        OpenProblems.ThrowIfSizeDiffers(progress.DoneBytes, file.SizeBytes);
        if (expected is null)
        {
            log.Write(LogLevel.Warning, "This backup is not encrypted and carries no checksum: nothing proves that it is unchanged.");
            return;
        }

        if (!Convert.ToHexString(sha256.GetHashAndReset()).Equals(expected, StringComparison.OrdinalIgnoreCase))
        {
            throw new ProblemException(OpenProblems.HashMismatch);
        }

        log.Write(LogLevel.Info, $"Verified: the SHA-256 of the whole file ({file.SizeBytes} bytes) is the one in its metadata. It is not encrypted, so this is no proof against a forger.");

        void Observe(ReadOnlyMemory<byte> piece)
        {
            sha256.AppendData(piece.Span);
            proved.Observe(piece.Span);
            progress.Add(piece.Length);
        }
    }
}
