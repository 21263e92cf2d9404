using System.Security.Cryptography;
using Vault.Core.Keys;

namespace Vault.Core.Formats;

/// <summary>Seals a stream chunk by chunk. A full chunk is held until more comes: only then is it known not to be the last.</summary>
internal sealed class SealedWriter : IEncryptor
{
    private readonly SealedHeader header;
    private readonly SealedKeys keys;
    private readonly AesGcm cipher;
    private readonly byte[] pending;
    private readonly byte[] output;
    private int filled;
    private long index;
    private bool isHeaderWritten;

    private SealedWriter(SealedHeader header, MasterKey key)
    {
        this.header = header;
        keys = new SealedKeys(key, header.Salt);
        header.Sign(keys);
        cipher = keys.CreateCipher();
        pending = GC.AllocateUninitializedArray<byte>(header.ChunkSize);
        output = GC.AllocateUninitializedArray<byte>(header.ChunkSize + SealedFormat.TagSize);
    }

    public static SealedWriter Create(MasterKey key) => new(SealedHeader.Create(passwordRounds: 0), key);

    public static SealedWriter Create(Password password)
    {
        var header = SealedHeader.Create(SealedFormat.PasswordRounds);
        using var key = password.Derive(header.Salt, header.Rounds);
        return new SealedWriter(header, key);
    }

    /// <summary>With a salt that is given: for vectors only. Two files must never share key and salt.</summary>
    internal static SealedWriter Create(SealedHeader header, MasterKey key) => new(header, key);

    public EncryptionFormat? Format => EncryptionFormat.Sealed;

    public byte[]? Iv => header.Salt.ToArray();

    public byte[]? Tag { get; private set; }

    public IEnumerable<ReadOnlyMemory<byte>> Encrypt(Memory<byte> piece)
    {
        foreach (var start in Header())
        {
            yield return start;
        }

        while (!piece.IsEmpty)
        {
            if (filled == pending.Length)
            {
                yield return Seal(pending, isLast: false);
                filled = 0;
            }

            if (filled == 0 && piece.Length > pending.Length)
            {
                yield return Seal(piece[..pending.Length], isLast: false);
                piece = piece[pending.Length..];
                continue;
            }

            var part = piece[..Math.Min(piece.Length, pending.Length - filled)];
            part.CopyTo(pending.AsMemory(filled));
            filled += part.Length;
            piece = piece[part.Length..];
        }
    }

    public IEnumerable<ReadOnlyMemory<byte>> Finish()
    {
        foreach (var start in Header())
        {
            yield return start;
        }

        var last = Seal(pending.AsMemory(0, filled), isLast: true);
        Tag = last[^SealedFormat.TagSize..].ToArray();
        yield return last;
    }

    public string MacOfIndex(long blockSizeBytes, long dumpSizeBytes, IReadOnlyList<int> compressedSizes) =>
        Convert.ToHexStringLower(keys.MacOfIndex(blockSizeBytes, dumpSizeBytes, compressedSizes));

    /// <summary>The header must be the one that was written, and every chunk right, to the last.</summary>
    public async Task<bool> IsRightAsync(Stream file, Action<ReadOnlyMemory<byte>> observe, CancellationToken cancel)
    {
        var observed = new ObservedStream(file, observe);
        var head = new byte[SealedHeader.Size];
        if (await observed.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancel) < head.Length || !head.AsSpan().SequenceEqual(header.Bytes.Span))
        {
            return false;
        }

        using var chunks = new SealedStream(observed, keys, header.ChunkSize);
        try
        {
            await chunks.ProveAsync(cancel);
            return true;
        }
        catch (ProblemException damaged) when (SealedProblems.IsDamage(damaged.Problem))
        {
            return false;
        }
    }

    public void Dispose()
    {
        cipher.Dispose();
        keys.Dispose();
        CryptographicOperations.ZeroMemory(pending);
    }

    private IEnumerable<ReadOnlyMemory<byte>> Header()
    {
        if (!isHeaderWritten)
        {
            isHeaderWritten = true;
            yield return header.Bytes;
        }
    }

    private ReadOnlyMemory<byte> Seal(ReadOnlyMemory<byte> chunk, bool isLast)
    {
        Span<byte> nonce = stackalloc byte[SealedFormat.NonceSize];
        SealedFormat.WriteNonce(nonce, index++, isLast);
        cipher.Encrypt(nonce, chunk.Span, output.AsSpan(0, chunk.Length), output.AsSpan(chunk.Length, SealedFormat.TagSize));
        return output.AsMemory(0, chunk.Length + SealedFormat.TagSize);
    }
}
