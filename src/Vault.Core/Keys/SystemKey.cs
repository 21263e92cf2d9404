using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Vault.Core.Keys;

/// <summary>ENCRYPTION_KEY: wraps everything secret in the vault (design §3). Holds derived keys only.</summary>
public sealed class SystemKey : IDisposable
{
    private const int KeySize = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const string Next = "Make one with: openssl rand -hex 32, put it in ENCRYPTION_KEY (or in the file that ENCRYPTION_KEY_FILE names) and keep a copy in a safe place.";

    private readonly byte[] wrapKey = GC.AllocateUninitializedArray<byte>(KeySize, pinned: true);
    private bool isDisposed;

    private SystemKey(ReadOnlySpan<byte> root)
    {
        Derive(root, "vault/wrap/v1"u8, wrapKey);
        Span<byte> checkKey = stackalloc byte[KeySize];
        Derive(root, "vault/check/v1"u8, checkKey);
        KeyId = Convert.ToHexStringLower(checkKey[..4]);
        CryptographicOperations.ZeroMemory(checkKey);
    }

    /// <summary>8 hex characters of the check key: recognises the key, does not reveal it.</summary>
    public string KeyId { get; }

    public static Result<SystemKey> Parse(string? hex)
    {
        if (string.IsNullOrWhiteSpace(hex))
        {
            return new Problem("system-key-missing", "ENCRYPTION_KEY is not set, so no stored secret can be opened or protected.", Next);
        }

        Span<byte> root = stackalloc byte[KeySize];
        try
        {
            return HexKey.TryParse(hex, root) ? new SystemKey(root) : new Problem(
                "system-key-malformed",
                "ENCRYPTION_KEY is malformed, so no stored secret can be opened or protected: it must be 64 hexadecimal characters (32 bytes).",
                "If this vault already has data, put back the key it was made with. Otherwise: " + Next);
        }
        finally { CryptographicOperations.ZeroMemory(root); }
    }

    /// <summary><c>v1.kid.base64url(nonce ‖ ciphertext ‖ tag)</c>.</summary>
    public string Wrap(ReadOnlySpan<byte> plaintext, WrapContext where)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        var sealedBytes = new byte[NonceSize + plaintext.Length + TagSize];
        var nonce = sealedBytes.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var gcm = new AesGcm(wrapKey, TagSize);
        gcm.Encrypt(nonce, plaintext, sealedBytes.AsSpan(NonceSize, plaintext.Length), sealedBytes.AsSpan(^TagSize..), Encoding.UTF8.GetBytes(where.ToString()));
        return $"v1.{KeyId}.{Base64Url.EncodeToString(sealedBytes)}";
    }

    public Result<byte[]> Unwrap(string wrapped, WrapContext where)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        var parts = wrapped.Split('.');
        if (parts is not ["v1", { Length: 8 }, _])
        {
            return Damaged(where);
        }

        if (parts[1] != KeyId)
        {
            return new Problem(
                "wrong-system-key",
                $"A secret in this vault was protected with another ENCRYPTION_KEY (id {Printable(parts[1])}, yours is {KeyId}), so it cannot be opened.",
                "Start with the ENCRYPTION_KEY that this vault was made with.");
        }

        return Open(parts[2], where) is { } plaintext ? plaintext : Damaged(where);
    }

    public override string ToString() => $"system key {KeyId}";

    public void Dispose()
    {
        isDisposed = true;
        CryptographicOperations.ZeroMemory(wrapKey);
    }

    private byte[]? Open(string text, WrapContext where)
    {
        if (Decode(text) is not { Length: >= NonceSize + TagSize } bytes)
        {
            return null;
        }

        var plaintext = new byte[bytes.Length - NonceSize - TagSize];
        using var gcm = new AesGcm(wrapKey, TagSize);
        try
        {
            gcm.Decrypt(bytes.AsSpan(0, NonceSize), bytes.AsSpan(NonceSize, plaintext.Length), bytes.AsSpan(^TagSize..), plaintext, Encoding.UTF8.GetBytes(where.ToString()));
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static byte[]? Decode(string text)
    {
        try { return Base64Url.DecodeFromChars(text); }
        catch (FormatException) { return null; }
    }

    private static Problem Damaged(WrapContext where) => new(
        "value-damaged",
        $"The protected value {where.Table}/{where.RowId}/{where.Column} is damaged or belongs to another row, so it cannot be opened.",
        "Enter the value again, or put the vault database back from a copy.");

    private static string Printable(string keyId) => keyId.All(char.IsAsciiHexDigit) ? keyId : "unknown";

    private static void Derive(ReadOnlySpan<byte> root, ReadOnlySpan<byte> purpose, Span<byte> key) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, root, key, salt: [], info: purpose);
}
