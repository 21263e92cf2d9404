using System.Security.Cryptography;

namespace Vault.Core.Keys;

/// <summary>The 32 bytes that encrypt backups. Dispose it when the run is over: the bytes are zeroed.</summary>
public sealed class MasterKey : IDisposable
{
    public const int SizeBytes = 32;

    // Pinned: the collector makes no copies that nobody would zero.
    private readonly byte[] bytes = GC.AllocateUninitializedArray<byte>(SizeBytes, pinned: true);
    private bool isDisposed;

    private MasterKey(ReadOnlySpan<byte> source)
    {
        source.CopyTo(bytes);
        Fingerprint = FingerprintOf(bytes);
    }

    /// <summary>16 hex characters that name the key and do not reveal it (design §3).</summary>
    public string Fingerprint { get; }

    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return bytes;
        }
    }

    public static MasterKey Generate()
    {
        Span<byte> fresh = stackalloc byte[SizeBytes];
        RandomNumberGenerator.Fill(fresh);
        try { return new MasterKey(fresh); }
        finally { CryptographicOperations.ZeroMemory(fresh); }
    }

    public static Result<MasterKey> ParseHex(string text)
    {
        Span<byte> parsed = stackalloc byte[SizeBytes];
        try
        {
            return HexKey.TryParse(text, parsed) ? new MasterKey(parsed) : new Problem(
                "master-key-malformed",
                "This is no master key: a master key is 64 hexadecimal characters (0-9, a-f).",
                "Copy the key again from where it was saved, whole and without other text.");
        }
        finally { CryptographicOperations.ZeroMemory(parsed); }
    }

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static MasterKey FromBytes(ReadOnlySpan<byte> b) => b.Length == SizeBytes
        ? new MasterKey(b)
        : throw new ArgumentException("A master key has 32 bytes.", nameof(b));

    /// <summary>The key itself, for its owner's eyes only.</summary>
    public string RevealHex() => Convert.ToHexStringLower(Bytes);

    public override string ToString() => $"master key {Fingerprint}";

    public void Dispose()
    {
        isDisposed = true;
        CryptographicOperations.ZeroMemory(bytes);
    }

    private static string FingerprintOf(ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> label = "vault/fingerprint/v1"u8;
        Span<byte> input = stackalloc byte[label.Length + SizeBytes];
        label.CopyTo(input);
        key.CopyTo(input[label.Length..]);
        var hex = Convert.ToHexStringLower(SHA256.HashData(input));
        CryptographicOperations.ZeroMemory(input);
        return hex[..16];
    }
}
