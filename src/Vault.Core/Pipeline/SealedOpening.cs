using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>Opens a <c>sealed</c> file. It needs no metadata: what is missing there, or wrong, is told by the file itself.</summary>
internal sealed class SealedOpening : IDisposable
{
    private readonly BackupFile file;
    private readonly SealedHeader header;
    private readonly IRunLog log;
    private readonly SealedKeys keys;
    private readonly CandidateKey candidate;
    private readonly BackupMetadata metadata;

    private SealedOpening(BackupFile file, SealedHeader header, IRunLog log, SealedKeys keys, CandidateKey candidate) =>
        (this.file, this.header, this.log, this.keys, this.candidate, metadata) = (file, header, log, keys, candidate, MetadataOf(file, header, log));

    /// <summary>Finds the key: the key check in the header tells it exactly.</summary>
    /// <exception cref="ProblemException">No key fits, or the header was changed.</exception>
    public static SealedOpening Begin(BackupFile file, SealedHeader header, IReadOnlyList<CandidateKey> candidates, IRunLog log)
    {
        var fitting = candidates.Where(candidate => candidate.Password is not null == header.IsFromPassword).ToList();
        foreach (var candidate in fitting.OrderBy(candidate => candidate.IsNamedBy(file.Metadata?.Encryption) ? 0 : 1))
        {
            if (TryKey(header, candidate, log) is { } keys)
            {
                return new SealedOpening(file, header, log, keys, candidate);
            }
        }

        throw new ProblemException(header.IsFromPassword
            ? fitting.Count == 0 ? OpenProblems.NoPassword : OpenProblems.WrongPassword
            : OpenProblems.NoKey(file.Metadata?.Encryption ?? new EncryptionMetadata(), [.. fitting.Select(candidate => candidate.ProfileName)]));
    }

    public async Task<OpenedBackup> OpenAsync(CancellationToken cancel)
    {
        await ProveEndAsync(cancel);
        var isNamed = header.IsFromPassword || candidate.IsNamedBy(metadata.Encryption);
        log.Write(LogLevel.Info, $"The key of {Name(candidate)} opens the file ({file.SizeBytes} bytes), and its end is there. Every chunk is verified before it is released.");
        OpenedDump.SaySmartRecovery(log, candidate.ProfileName, isNamed);
        var (head, whole) = await OpenedDump.PeekAsync(await OpenWholeAsync(cancel), DumpPrefix.ReadSize, cancel);
        var told = metadata with { Compression = DumpPrefix.CompressionOf(head, metadata.Compression) };
        var recorded = new KnownStream(SizeBytes: null, file.RecordedDumpSha256, static () => throw new ProblemException(OpenProblems.BackupExchanged));
        var dump = await OpenedDump.UnpackAsync(whole, told, SayMismatch, cancel, recorded);
        return new OpenedBackup(dump, EncryptionFormat.Sealed, candidate.ProfileName, !isNamed);
    }

    /// <summary>The dump's bytes from <paramref name="from"/> to its end; the blocks before them are not read.</summary>
    public async Task<Stream> OpenRangeAsync(long from, CancellationToken cancel)
    {
        var told = metadata with { Compression = await CompressionAsync(cancel) };
        var (dumpOffset, compressedOffset) = BlockIndex.Find(told, keys, from);
        return new PartStream(told.Compression.Decompress(await OpenFromAsync(compressedOffset, cancel)), from - dumpOffset, long.MaxValue);
    }

    public void Dispose() => keys.Dispose();

    /// <summary>Why no password among these opens the file; null when one does.</summary>
    public static Problem? CheckPassword(SealedHeader header, IReadOnlyList<CandidateKey> candidates)
    {
        var passwords = candidates.Where(candidate => candidate.Password is not null).ToList();
        foreach (var candidate in passwords)
        {
            using var key = candidate.Password!.Derive(header.Salt, header.Rounds);
            using var keys = KeysOf(header, key, candidate);
            if (keys is not null)
            {
                return null;
            }
        }

        return passwords.Count == 0 ? OpenProblems.NoPassword : OpenProblems.WrongPassword;
    }

    private static SealedKeys? TryKey(SealedHeader header, CandidateKey candidate, IRunLog log)
    {
        using var key = candidate.Password?.Derive(header.Salt, header.Rounds) ?? candidate.TryOpen(log);
        return key is null ? null : KeysOf(header, key, candidate);
    }

    private static SealedKeys? KeysOf(SealedHeader header, MasterKey key, CandidateKey candidate)
    {
        var keys = new SealedKeys(key, header.Salt);
        if (keys.IsKeyOf(header) && keys.IsHeaderRight(header))
        {
            return keys;
        }

        var isHeaderChanged = keys.IsKeyOf(header);
        keys.Dispose();
        return isHeaderChanged ? throw new ProblemException(SealedProblems.HeaderChanged(Name(candidate))) : null;
    }

    private static string Name(CandidateKey candidate) => candidate.Password is null ? $"profile '{candidate.ProfileName}'" : candidate.ProfileName;

    /// <summary>Metadata that is missing or of another file costs nothing but comfort.</summary>
    private static BackupMetadata MetadataOf(BackupFile file, SealedHeader header, IRunLog log)
    {
        if (file.Metadata is { IsEncrypted: true } found && Convert.ToHexStringLower(header.Salt).Equals(found.Encryption!.Iv, StringComparison.OrdinalIgnoreCase))
        {
            return found;
        }

        log.Write(LogLevel.Warning, file.Metadata is null && file.MetadataProblem is null
            ? "The metadata is missing. The file is sealed and opens without it."
            : "The metadata beside this backup is not its own or was changed, so it is ignored. The file is sealed and opens without it.");
        return SealedMetadata.Of(header, file.ObjectName);
    }

    /// <summary>A file that was cut shows it here, before hours of restoring.</summary>
    private async Task ProveEndAsync(CancellationToken cancel)
    {
        var last = Math.Max(0, file.SizeBytes - SealedHeader.Size - 1) / (header.ChunkSize + SealedFormat.TagSize);
        await using var end = await OpenChunkAsync(last, cancel);
        await end.ProveAsync(cancel);
    }

    /// <summary>The first chunk tells it; metadata could lie.</summary>
    private async Task<CompressionMethod> CompressionAsync(CancellationToken cancel)
    {
        await using var start = await OpenChunkAsync(0, cancel);
        var (head, _) = await OpenedDump.PeekAsync(start, DumpPrefix.ReadSize, cancel);
        return DumpPrefix.CompressionOf(head, metadata.Compression);
    }

    private async Task<Stream> OpenFromAsync(long compressedOffset, CancellationToken cancel) =>
        new PartStream(await OpenChunkAsync(compressedOffset / header.ChunkSize, cancel), compressedOffset % header.ChunkSize, long.MaxValue);

    private async Task<SealedStream> OpenChunkAsync(long index, CancellationToken cancel)
    {
        var stream = await file.ReadFromAsync(SealedFormat.OffsetOf(index, header.ChunkSize), cancel);
        return new SealedStream(stream, keys, header.ChunkSize, index);
    }

    /// <summary>From the header on: who looks at every stored byte sees the whole file in one pass.</summary>
    private async Task<SealedStream> OpenWholeAsync(CancellationToken cancel)
    {
        var stream = await file.ReadFromAsync(0, cancel);
        try
        {
            var skipped = await stream.ReadAtLeastAsync(new byte[SealedHeader.Size], SealedHeader.Size, throwOnEndOfStream: false, cancel);
            return skipped == SealedHeader.Size ? new SealedStream(stream, keys, header.ChunkSize) : throw new ProblemException(SealedProblems.CutAt(skipped));
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private void SayMismatch() => log.Write(LogLevel.Warning,
        "Every byte of the dump is authentic, but its size or SHA-256 is not the one in the metadata: the metadata was changed. The file goes before it.");
}
