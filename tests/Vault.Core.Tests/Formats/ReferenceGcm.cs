using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Vault.Core.Tests.Formats;

/// <summary>AES-256-GCM written straight from SP 800-38D, slow and plain: a second opinion on IVs that are not 96 bits long.</summary>
internal static class ReferenceGcm
{
    public static (byte[] Cipher, byte[] Tag) Seal(byte[] key, byte[] iv, byte[] plain)
    {
        using var aes = Aes.Create();
        aes.Key = key;
        var h = Read(aes.EncryptEcb(new byte[16], PaddingMode.None));
        var first = iv.Length == 12 ? [.. iv, 0, 0, 0, 1] : Write(Hash(h, iv));
        var cipher = new byte[plain.Length];
        var counter = (byte[])first.Clone();
        for (var at = 0; at < plain.Length; at++)
        {
            if (at % 16 == 0)
            {
                BinaryPrimitives.WriteUInt32BigEndian(counter.AsSpan(12), BinaryPrimitives.ReadUInt32BigEndian(counter.AsSpan(12)) + 1);
            }

            cipher[at] = (byte)(plain[at] ^ aes.EncryptEcb(counter, PaddingMode.None)[at % 16]);
        }

        return (cipher, Write(Hash(h, cipher) ^ Read(aes.EncryptEcb(first, PaddingMode.None))));
    }

    private static UInt128 Hash(UInt128 h, byte[] data)
    {
        UInt128 y = 0;
        foreach (var piece in data.Chunk(16))
        {
            y = Multiply(y ^ Read([.. piece, .. new byte[16 - piece.Length]]), h);
        }

        // §7.1: an IV ends in 64 zeros and its length; a message without associated data ends in the same two numbers.
        return Multiply(y ^ (UInt128)(ulong)(data.Length * 8L), h);
    }

    private static UInt128 Multiply(UInt128 x, UInt128 y)
    {
        UInt128 z = 0;
        var v = y;
        for (var bit = 127; bit >= 0; bit--)
        {
            z ^= ((x >> bit) & 1) == 1 ? v : 0;
            v = (v & 1) == 1 ? (v >> 1) ^ ((UInt128)0xe1 << 120) : v >> 1;
        }

        return z;
    }

    private static UInt128 Read(byte[] block) => BinaryPrimitives.ReadUInt128BigEndian(block);

    private static byte[] Write(UInt128 value)
    {
        var block = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(block, value);
        return block;
    }
}
