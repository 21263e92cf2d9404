using System.Security.Cryptography;
using Vault.Core.Keys;

namespace Vault.Core.Formats;

/// <summary>The <c>standard</c> format: bare AES-256-GCM ciphertext; IV and tag stand in the metadata (docs/format.md).</summary>
internal static class StandardFormat
{
    public const string Word = "standard";
    public const string Algorithm = "aes-256-gcm";
    public const int IvSize = 16;

    /// <summary>SP 800-38D §5.2.1.1: a GCM message ends at 2³⁶ − 32 bytes.</summary>
    public const long MaxSizeBytes = (1L << 36) - 32;

    public const long MaxEstimatedBytes = 32L << 30;

    private const int BufferSize = 1 << 20;

    public static bool IsIvLength(int length) => length is 12 or IvSize;

    public static Problem TooLong => new(
        "standard-limit",
        "The backup is longer than one AES-256-GCM message may be (64 GiB), so the format \"standard\" cannot hold it; nothing was kept.",
        "Choose the format \"sealed\" in the Encryption Profile: it has no limit.");

    public static Problem EstimatedTooLong(long estimatedBytes) => new(
        "standard-limit",
        $"The source is about {estimatedBytes >> 30} GiB, and the format \"standard\" is safe up to 32 GiB of source only, so the backup was not started.",
        "Choose the format \"sealed\" in the Encryption Profile: it has no limit.");

    /// <summary>Decrypts a piece from the start of the file. The result is not authentic: it is looked at, never released.</summary>
    public static byte[] DecryptHead(MasterKey key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> head)
    {
        using var cipher = GcmCipher.ForOpening(key.Bytes, iv);
        var plaintext = new byte[head.Length];
        cipher.Transform(head, plaintext);
        return plaintext;
    }

    /// <summary>Reads the whole file and says whether the tag is right. Releases no byte.</summary>
    public static async Task<bool> VerifyAsync(Stream file, MasterKey key, byte[] iv, byte[] tag, Action<ReadOnlyMemory<byte>> observe, CancellationToken cancel)
    {
        using var cipher = GcmCipher.ForOpening(key.Bytes, iv);
        var buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        try
        {
            int read;
            while ((read = await file.ReadAsync(buffer, cancel)) > 0)
            {
                observe(buffer.AsMemory(0, read));
                cipher.Transform(buffer.AsSpan(0, read));
            }

            return cipher.IsTagRight(tag);
        }
        finally { CryptographicOperations.ZeroMemory(buffer); }
    }
}
