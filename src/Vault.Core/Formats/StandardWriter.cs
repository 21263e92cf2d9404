using System.Security.Cryptography;
using Vault.Core.Keys;

namespace Vault.Core.Formats;

/// <summary>Encrypts a stream as one message, in place and in order.</summary>
internal sealed class StandardWriter(MasterKey key, byte[] iv, long maxSizeBytes = StandardFormat.MaxSizeBytes) : IDisposable
{
    private readonly GcmCipher cipher = GcmCipher.ForSealing(key.Bytes, iv);
    private long sizeBytes;

    public StandardWriter(MasterKey key, long maxSizeBytes = StandardFormat.MaxSizeBytes)
        : this(key, RandomNumberGenerator.GetBytes(StandardFormat.IvSize), maxSizeBytes) { }

    public byte[] Iv => iv;

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

    public byte[] Finish() => cipher.FinishSealing();

    public void Dispose() => cipher.Dispose();
}
