using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Vault.Core.Formats;

/// <summary>One AES-256-GCM message without associated data, in pieces of any size.</summary>
internal sealed class GcmCipher : IDisposable
{
    public const int TagSize = 16;

    private readonly CipherContext context = new();
    private readonly bool isSealing;

    private GcmCipher(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, bool isSealing)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, 32);
        ArgumentOutOfRangeException.ThrowIfZero(iv.Length);
        this.isSealing = isSealing;
        var direction = isSealing ? 1 : 0;
        Require(OpenSsl.Init(context, OpenSsl.Aes256Gcm(), 0, 0, 0, direction));
        Require(OpenSsl.Control(context, OpenSsl.SetIvLength, iv.Length, 0));
        Require(OpenSsl.Init(context, 0, 0, in MemoryMarshal.GetReference(key), in MemoryMarshal.GetReference(iv), direction));
    }

    public static GcmCipher ForSealing(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv) => new(key, iv, isSealing: true);

    public static GcmCipher ForOpening(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv) => new(key, iv, isSealing: false);

    /// <summary>Same length in and out; in place is allowed. What comes out of opening is not authentic before <see cref="IsTagRight"/>.</summary>
    public void Transform(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, source.Length);
        if (source.IsEmpty)
        {
            return;
        }

        Require(OpenSsl.Update(context, ref MemoryMarshal.GetReference(destination), out var written, in MemoryMarshal.GetReference(source), source.Length));
        Require(written == source.Length ? 1 : 0);
    }

    public void Transform(Span<byte> inPlace) => Transform(inPlace, inPlace);

    public byte[] FinishSealing()
    {
        Require(isSealing ? 1 : 0);
        Span<byte> nothing = stackalloc byte[16];
        Require(OpenSsl.Final(context, ref MemoryMarshal.GetReference(nothing), out _));
        var tag = new byte[TagSize];
        Require(OpenSsl.Control(context, OpenSsl.GetTag, TagSize, ref MemoryMarshal.GetArrayDataReference(tag)));
        return tag;
    }

    /// <summary>Ends the message. OpenSSL compares in constant time.</summary>
    public bool IsTagRight(ReadOnlySpan<byte> tag)
    {
        Require(!isSealing && tag.Length == TagSize ? 1 : 0);
        Span<byte> copy = stackalloc byte[TagSize];
        tag.CopyTo(copy);
        Require(OpenSsl.Control(context, OpenSsl.SetTag, TagSize, ref MemoryMarshal.GetReference(copy)));
        Span<byte> nothing = stackalloc byte[16];
        return OpenSsl.Final(context, ref MemoryMarshal.GetReference(nothing), out _) == 1;
    }

    public void Dispose() => context.Dispose();

    private static void Require(int status)
    {
        if (status != 1)
        {
            throw new CryptographicException("OpenSSL refused an AES-256-GCM step.");
        }
    }
}
