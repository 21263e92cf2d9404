using System.Security.Cryptography;
using Vault.Core.Keys;

namespace Vault.Core.Formats;

/// <summary>Encrypts a stream as one message, in place and in order. The key must live as long as this.</summary>
internal sealed class StandardWriter(MasterKey key, byte[] iv, long maxSizeBytes = StandardFormat.MaxSizeBytes) : IEncryptor
{
    private readonly GcmCipher cipher = GcmCipher.ForSealing(key.Bytes, iv);
    private long sizeBytes;

    public StandardWriter(MasterKey key, long maxSizeBytes = StandardFormat.MaxSizeBytes)
        : this(key, RandomNumberGenerator.GetBytes(StandardFormat.IvSize), maxSizeBytes) { }

    public EncryptionFormat? Format => EncryptionFormat.Standard;

    public byte[] Iv => iv;

    public byte[]? Tag { get; private set; }

    /// <exception cref="ProblemException"><c>standard-limit</c>: nothing of <paramref name="piece"/> was encrypted.</exception>
    public void Seal(Span<byte> piece)
    {
        if (piece.Length > maxSizeBytes - sizeBytes)
        {
            throw new ProblemException(StandardFormat.TooLong);
        }

        sizeBytes += piece.Length;
        cipher.Transform(piece);
    }

    public IEnumerable<ReadOnlyMemory<byte>> Encrypt(Memory<byte> piece)
    {
        Seal(piece.Span);
        return [piece];
    }

    public IEnumerable<ReadOnlyMemory<byte>> Finish()
    {
        Tag = cipher.FinishSealing();
        return [];
    }

    public Task<bool> IsRightAsync(Stream file, Action<ReadOnlyMemory<byte>> observe, CancellationToken cancel) =>
        StandardFormat.VerifyAsync(file, key, iv, Tag!, observe, cancel);

    public void Dispose() => cipher.Dispose();
}
