using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Vault.Core.Keys;

namespace Vault.Core.Formats;

/// <summary>The keys of one <c>sealed</c> file: HKDF-SHA256 from the master key, salted with the file's salt (docs/format.md §4).</summary>
internal sealed class SealedKeys : IDisposable
{
    public const int CheckSize = 16;
    private const int KeySize = 32;

    private readonly byte[] all = GC.AllocateUninitializedArray<byte>(4 * KeySize, pinned: true);

    public SealedKeys(MasterKey key, ReadOnlySpan<byte> salt)
    {
        Derive(key, salt, "check", 0);
        Derive(key, salt, "mac", 1);
        Derive(key, salt, "payload", 2);
        Derive(key, salt, "index", 3);
    }

    /// <summary>Tells the right key from every other one, before anything is decrypted.</summary>
    public ReadOnlySpan<byte> Check => all.AsSpan(0, CheckSize);

    public bool IsKeyOf(SealedHeader header) => CryptographicOperations.FixedTimeEquals(Check, header.KeyCheck);

    public bool IsHeaderRight(SealedHeader header) => CryptographicOperations.FixedTimeEquals(MacOf(header.Authenticated), header.Mac);

    public byte[] MacOf(ReadOnlySpan<byte> header) => HMACSHA256.HashData(Part(1), header);

    public AesGcm CreateCipher() => new(Part(2), SealedFormat.TagSize);

    /// <summary>Binds the index of blocks to this file: the metadata that carries it is not authenticated.</summary>
    public byte[] MacOfIndex(long blockSizeBytes, long dumpSizeBytes, IReadOnlyList<int> compressedSizes)
    {
        var input = new byte[16 + 4 * compressedSizes.Count];
        BinaryPrimitives.WriteInt64BigEndian(input, blockSizeBytes);
        BinaryPrimitives.WriteInt64BigEndian(input.AsSpan(8), dumpSizeBytes);
        for (var i = 0; i < compressedSizes.Count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(input.AsSpan(16 + 4 * i), compressedSizes[i]);
        }

        return HMACSHA256.HashData(Part(3), input);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(all);

    private Span<byte> Part(int number) => all.AsSpan(number * KeySize, KeySize);

    private void Derive(MasterKey key, ReadOnlySpan<byte> salt, string purpose, int number) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key.Bytes, Part(number), salt, Encoding.ASCII.GetBytes($"vault/sealed/v1/{purpose}"));
}
