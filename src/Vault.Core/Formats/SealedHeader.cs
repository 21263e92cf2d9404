using System.Buffers.Binary;
using System.Security.Cryptography;
using Vault.Core.Keys;

namespace Vault.Core.Formats;

/// <summary>The first 96 bytes of a <c>sealed</c> file, as they stand there. Not authentic before <see cref="SealedKeys.IsHeaderRight"/>.</summary>
public sealed class SealedHeader
{
    public const int Size = 96;
    private const int MacStart = 64;
    private const byte Suite = 1;
    private const byte PasswordFlag = 1;

    private readonly byte[] bytes;

    private SealedHeader(byte[] bytes) => this.bytes = bytes;

    /// <summary>The key comes from a password, not from a profile.</summary>
    public bool IsFromPassword => (bytes[9] & PasswordFlag) != 0;

    /// <summary>Rounds of PBKDF2; 0 without a password.</summary>
    public int Rounds => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(10)) * SealedFormat.RoundsUnit;

    /// <summary>Bytes of plaintext in every chunk but the last.</summary>
    public int ChunkSize => (int)BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(12));

    public ReadOnlySpan<byte> Salt => bytes.AsSpan(16, SealedFormat.SaltSize);

    internal ReadOnlySpan<byte> KeyCheck => bytes.AsSpan(48, SealedKeys.CheckSize);

    internal ReadOnlySpan<byte> Authenticated => bytes.AsSpan(0, MacStart);

    internal ReadOnlySpan<byte> Mac => bytes.AsSpan(MacStart);

    internal ReadOnlyMemory<byte> Bytes => bytes;

    private static ReadOnlySpan<byte> Magic => "VLTSEAL1"u8;

    /// <summary>Whether a file that begins so is meant to be <c>sealed</c>.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> head) => head.StartsWith(Magic);

    /// <param name="head">The file's first 96 bytes; fewer when it is shorter.</param>
    public static Result<SealedHeader> Parse(ReadOnlySpan<byte> head)
    {
        if (head.Length < Size)
        {
            return new Problem("file-truncated", $"The backup file was cut within its header: it has {head.Length} of {Size} bytes. Nothing of it was released.",
                "Copy the file again from its destination, or restore another backup.");
        }

        var header = new SealedHeader(head[..Size].ToArray());
        return header.WhatIsWrong() is { } why
            ? new Problem("seal-header", $"The header of the sealed file is not one that this version of Vault knows ({why}), so the backup was not opened.",
                "Copy the file again from its destination; if it was made by a newer Vault, open it with that.")
            : header;
    }

    /// <summary>Whether this is the key of the file; exact, and says nothing of what follows the header.</summary>
    public bool IsKey(MasterKey key)
    {
        using var keys = new SealedKeys(key, Salt);
        return keys.IsKeyOf(this);
    }

    /// <summary>A header for a new file, with a fresh salt; key check and mac are still empty.</summary>
    internal static SealedHeader Create(int passwordRounds, int chunkSize = SealedFormat.ChunkSize, ReadOnlySpan<byte> salt = default)
    {
        var bytes = new byte[Size];
        Magic.CopyTo(bytes);
        bytes[8] = Suite;
        bytes[9] = passwordRounds > 0 ? PasswordFlag : (byte)0;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(10), (ushort)passwordRounds);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), (uint)chunkSize);
        if (salt.IsEmpty)
        {
            RandomNumberGenerator.Fill(bytes.AsSpan(16, SealedFormat.SaltSize));
        }
        else
        {
            salt.CopyTo(bytes.AsSpan(16, SealedFormat.SaltSize));
        }

        return new SealedHeader(bytes);
    }

    /// <summary>Fills in key check and mac.</summary>
    internal void Sign(SealedKeys keys)
    {
        keys.Check.CopyTo(bytes.AsSpan(48));
        keys.MacOf(Authenticated).CopyTo(bytes.AsSpan(MacStart));
    }

    private string? WhatIsWrong()
    {
        var units = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(10));
        var chunkSize = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(12));
        return this switch
        {
            _ when !HasMagic(bytes) => "no magic",
            _ when bytes[8] != Suite => $"suite {bytes[8]}",
            _ when (bytes[9] & ~PasswordFlag) != 0 => $"flags {bytes[9]}",
            _ when IsFromPassword && units is 0 or > SealedFormat.MaxPasswordRounds => $"{units} × {SealedFormat.RoundsUnit} rounds",
            _ when !IsFromPassword && units != 0 => "rounds without a password",
            _ when chunkSize is < SealedFormat.MinChunkSize or > SealedFormat.MaxChunkSize => $"chunks of {chunkSize} bytes",
            _ => null,
        };
    }
}
