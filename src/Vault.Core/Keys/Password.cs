using System.Security.Cryptography;
using System.Text;

namespace Vault.Core.Keys;

/// <summary>A password that a backup is sealed with instead of a profile's key (K10). Dispose it when the run is over: the bytes are zeroed.</summary>
public sealed class Password : IDisposable
{
    public const int MinLength = 8;

    private readonly byte[] utf8;
    private bool isDisposed;

    private Password(ReadOnlySpan<byte> source)
    {
        utf8 = GC.AllocateUninitializedArray<byte>(source.Length, pinned: true);
        source.CopyTo(utf8);
    }

    /// <summary>The letters as they were typed: normalising them needs tables that not every system has.</summary>
    public static Password From(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        try { return new Password(bytes); }
        finally { CryptographicOperations.ZeroMemory(bytes); }
    }

    /// <summary>From bytes that <see cref="From"/> made; the caller zeroes them.</summary>
    public static Password FromUtf8(ReadOnlySpan<byte> utf8) => new(utf8);

    /// <summary>What forbids sealing a new backup with this password; null when nothing does. Opening takes any.</summary>
    public static Problem? Check(string? text) => text is { Length: >= MinLength } ? null : new Problem(
        "password-short",
        $"The password has fewer than {MinLength} characters, so a stolen backup could be opened by guessing.",
        "Choose a longer one, such as four random words, and keep it where you find it again.");

    /// <summary>PBKDF2-HMAC-SHA256 (RFC 8018), docs/format.md §4.</summary>
    public MasterKey Derive(ReadOnlySpan<byte> salt, int rounds)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        Span<byte> key = stackalloc byte[MasterKey.SizeBytes];
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(utf8, salt, key, rounds, HashAlgorithmName.SHA256);
            return MasterKey.FromBytes(key);
        }
        finally { CryptographicOperations.ZeroMemory(key); }
    }

    public override string ToString() => "password";

    public void Dispose()
    {
        isDisposed = true;
        CryptographicOperations.ZeroMemory(utf8);
    }
}
