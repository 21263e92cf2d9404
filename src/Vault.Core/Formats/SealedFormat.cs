using System.Buffers.Binary;

namespace Vault.Core.Formats;

/// <summary>The <c>sealed</c> format: a header of 96 bytes and chunks, each with a tag of its own (docs/format.md §4).</summary>
internal static class SealedFormat
{
    public const string Word = "sealed";
    public const int SaltSize = 32;
    public const int TagSize = 16;
    public const int NonceSize = 12;
    public const int ChunkSize = 1 << 20;
    public const int MinChunkSize = 64;
    public const int MaxChunkSize = 16 << 20;

    /// <summary>600,000 rounds of PBKDF2.</summary>
    public const int PasswordRounds = 60;

    public const int MaxPasswordRounds = 1000;
    public const int RoundsUnit = 10_000;

    /// <summary>The chunk's number as 11 bytes, then whether it is the last: no two chunks of a file share a nonce, and none can take another's place.</summary>
    public static void WriteNonce(Span<byte> nonce, long index, bool isLast)
    {
        nonce[..3].Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce[3..], index);
        nonce[11] = isLast ? (byte)1 : (byte)0;
    }

    /// <summary>Where chunk <paramref name="index"/> begins in the file.</summary>
    public static long OffsetOf(long index, int chunkSize) => SealedHeader.Size + index * (chunkSize + TagSize);
}
