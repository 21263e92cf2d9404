using System.Security.Cryptography;
using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>The restore side. Only authenticated bytes leave it (design, idea 3).</summary>
public static class BackupOpener
{
    private const int SniffedSize = 512;

    /// <summary>Finds the key, verifies the whole tag (or, without encryption, the SHA-256), and only then returns.</summary>
    /// <exception cref="ProblemException">The backup does not open; not a byte of it was released.</exception>
    public static async Task<OpenedBackup> OpenAsync(BackupFile file, IReadOnlyList<CandidateKey> candidates, IRunLog log, CancellationToken cancel)
    {
        log.Phase("Verifying");
        var metadata = file.Metadata ?? throw new ProblemException(OpenProblems.MetadataMissing(file.ObjectName));
        if (metadata.Encryption?.Check() is { } problem)
        {
            throw new ProblemException(problem);
        }

        OpenProblems.ThrowIfSizeDiffers(file.SizeBytes, metadata.Sizes?.Stored ?? file.SizeBytes);
        return metadata.IsEncrypted
            ? await OpenEncryptedAsync(file, metadata, candidates, log, cancel)
            : await OpenPlainAsync(file, metadata, log, cancel);
    }

    private static async Task<OpenedBackup> OpenEncryptedAsync(BackupFile file, BackupMetadata metadata, IReadOnlyList<CandidateKey> candidates, IRunLog log, CancellationToken cancel)
    {
        using var found = await new KeySearch(file, metadata, log).FindAsync(candidates, cancel);
        log.Write(LogLevel.Info, $"Verified: the whole file ({file.SizeBytes} bytes) is authentic under the key of profile '{found.ProfileName}'.");
        if (!found.IsNamed)
        {
            log.Write(LogLevel.Info, $"Smart Recovery Successful: Matched key from profile '{found.ProfileName}'");
        }

        var stream = await Stage.ReadBackupAsync(() => file.OpenAsync(cancel), cancel);
        var encryption = metadata.Encryption!;
        var plain = new StandardStream(found.Proved!.Read(stream), found.Key, Convert.FromHexString(encryption.Iv!), Convert.FromHexString(encryption.AuthTag!));
        return await OpenedAsync(plain, metadata, found.ProfileName, !found.IsNamed, cancel);
    }

    private static async Task<OpenedBackup> OpenPlainAsync(BackupFile file, BackupMetadata metadata, IRunLog log, CancellationToken cancel)
    {
        using var proved = new ProvedBytes();
        await VerifyPlainAsync(file, metadata.Sha256?.Stored, proved, log, cancel);
        var stream = await Stage.ReadBackupAsync(() => file.OpenAsync(cancel), cancel);
        return await OpenedAsync(proved.Read(stream), metadata, null, false, cancel);
    }

    private static async Task VerifyPlainAsync(BackupFile file, string? expected, ProvedBytes proved, IRunLog log, CancellationToken cancel)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var progress = new ByteProgress(log, file.SizeBytes);
        await using var stream = await Stage.ReadBackupAsync(() => file.OpenAsync(cancel), cancel);
        _ = await Stage.ReadBackupAsync(() => FileProof.IsRightAsync(stream, null, null, null, Observe, cancel), cancel);
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

    private static async Task<OpenedBackup> OpenedAsync(Stream compressed, BackupMetadata metadata, string? profileName, bool wasSmartRecovery, CancellationToken cancel)
    {
        Stream dump = new CheckedStream(metadata.Compression.Decompress(compressed), metadata.Sizes?.Dump, metadata.Sha256?.Dump, OpenProblems.DumpMismatch);
        try
        {
            if (metadata.DumpFormat is null)
            {
                var head = new byte[SniffedSize];
                head = head[..await dump.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancel)];
                metadata = metadata with { DumpFormat = DumpPrefix.FormatOf(head) };
                dump = new ReplayStream(head, dump);
            }

            return new OpenedBackup(dump, metadata, profileName, wasSmartRecovery);
        }
        catch
        {
            await dump.DisposeAsync();
            throw;
        }
    }
}
