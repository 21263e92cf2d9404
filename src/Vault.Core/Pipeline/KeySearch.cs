using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>A key whose whole tag was right.</summary>
internal sealed record FoundKey(string ProfileName, bool IsNamed, MasterKey Key) : IDisposable
{
    /// <summary>The bytes that the tag was right for; null before.</summary>
    public ProvedBytes? Proved { get; init; }

    public void Dispose()
    {
        Key.Dispose();
        Proved?.Dispose();
    }
}

/// <summary>
/// Finds the key of a <c>standard</c> file: sieves all candidates by what the first KiB becomes, then believes only the
/// whole tag. The profile that the metadata names comes first; its success is no Smart Recovery.
/// </summary>
internal sealed class KeySearch(BackupFile file, BackupMetadata metadata, IRunLog log)
{
    /// <summary>Up to here every candidate gets the whole tag as its judge, whatever the sieve says: it costs a moment.</summary>
    private const long SmallBytes = 64 << 20;

    private readonly EncryptionMetadata encryption = metadata.Encryption!;
    private readonly byte[] iv = Convert.FromHexString(metadata.Encryption!.Iv!);
    private readonly byte[] tag = Convert.FromHexString(metadata.Encryption!.AuthTag!);
    private readonly List<string> tried = [];

    /// <exception cref="ProblemException">No key opens the file; the problem says why.</exception>
    public async Task<FoundKey> FindAsync(IReadOnlyList<CandidateKey> candidates, CancellationToken cancel)
    {
        var opened = OpenAll(candidates);
        try
        {
            return await FindAsync(opened, cancel) ?? throw new ProblemException(Explain(opened));
        }
        finally
        {
            foreach (var candidate in opened.Where(candidate => !candidate.IsTaken))
            {
                candidate.Found.Dispose();
            }
        }
    }

    private async Task<FoundKey?> FindAsync(List<Candidate> opened, CancellationToken cancel)
    {
        var head = await file.ReadHeadAsync(DumpPrefix.ReadSize, cancel);
        foreach (var candidate in opened)
        {
            candidate.LooksRight = DumpPrefix.LooksRight(StandardFormat.DecryptHead(candidate.Found.Key, iv, head), metadata.Compression);
        }

        // A stable sort: among equals, the order of the caller.
        foreach (var candidate in opened.OrderBy(candidate => candidate.LooksRight ? 0 : 1).ThenBy(candidate => candidate.Rank))
        {
            if ((candidate.LooksRight || candidate.Rank < Candidate.Unnamed || file.SizeBytes <= SmallBytes) && await ProveAsync(candidate.Found.Key, cancel) is { } proved)
            {
                candidate.IsTaken = true;
                return candidate.Found with { Proved = proved };
            }
        }

        return null;
    }

    private List<Candidate> OpenAll(IReadOnlyList<CandidateKey> candidates)
    {
        var opened = new List<Candidate>();
        foreach (var candidate in candidates.Where(candidate => candidate.Password is null))
        {
            tried.Add(candidate.ProfileName);
            if (candidate.TryOpen(log) is { } key)
            {
                opened.Add(new Candidate(new FoundKey(candidate.ProfileName, candidate.IsNamedBy(encryption), key), key.Fingerprint == encryption.KeyFingerprint));
            }
        }

        return opened;
    }

    /// <summary>A right key shows itself by what it decrypts, or by its fingerprint; then it is the file that is wrong.</summary>
    private Problem Explain(List<Candidate> opened) =>
        (opened.Find(candidate => candidate.HasFingerprint) ?? opened.Find(candidate => candidate.LooksRight)) is { } right
            ? OpenProblems.TagMismatch(right.Found.ProfileName)
            : OpenProblems.NoKey(encryption, tried);

    /// <summary>Null: the tag is not right under this key.</summary>
    private async Task<ProvedBytes?> ProveAsync(MasterKey key, CancellationToken cancel)
    {
        var proved = new ProvedBytes();
        var progress = new ByteProgress(log, file.SizeBytes);
        await using var stream = await file.ReadFromAsync(0, cancel);
        var isRight = await StandardFormat.VerifyAsync(stream, key, iv, tag, Observe, cancel);
        OpenProblems.ThrowIfSizeDiffers(progress.DoneBytes, metadata.Sizes?.Stored ?? file.SizeBytes);
        if (isRight)
        {
            return proved;
        }

        proved.Dispose();
        return null;

        void Observe(ReadOnlyMemory<byte> piece)
        {
            proved.Observe(piece.Span);
            progress.Add(piece.Length);
        }
    }

    private sealed class Candidate(FoundKey found, bool hasFingerprint)
    {
        public const int Unnamed = 2;

        public FoundKey Found => found;

        public bool HasFingerprint => hasFingerprint;

        public int Rank => found.IsNamed ? 0 : hasFingerprint ? 1 : Unnamed;

        public bool LooksRight { get; set; }

        /// <summary>Its key belongs to the caller now.</summary>
        public bool IsTaken { get; set; }
    }
}
