using System.Runtime.InteropServices;

namespace Vault.Core.Formats;

/// <summary>OpenSSL's EVP: .NET's <c>AesGcm</c> is one-shot and takes 12-byte nonces only, the standard format streams with 16.</summary>
internal static partial class OpenSsl
{
    public const int SetIvLength = 0x9;
    public const int GetTag = 0x10;
    public const int SetTag = 0x11;
    private const string Library = "libcrypto.so.3";

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_new")]
    public static partial nint NewContext();

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_aes_256_gcm")]
    public static partial nint Aes256Gcm();

    [LibraryImport(Library, EntryPoint = "EVP_CipherInit_ex")]
    public static partial int Init(CipherContext context, nint cipher, nint engine, in byte key, in byte iv, int isEncrypting);

    [LibraryImport(Library, EntryPoint = "EVP_CipherInit_ex")]
    public static partial int Init(CipherContext context, nint cipher, nint engine, nint key, nint iv, int isEncrypting);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_ctrl")]
    public static partial int Control(CipherContext context, int command, int argument, ref byte data);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_ctrl")]
    public static partial int Control(CipherContext context, int command, int argument, nint data);

    [LibraryImport(Library, EntryPoint = "EVP_CipherUpdate")]
    public static partial int Update(CipherContext context, ref byte output, out int written, in byte input, int length);

    [LibraryImport(Library, EntryPoint = "EVP_CipherFinal_ex")]
    public static partial int Final(CipherContext context, ref byte output, out int written);
}

/// <summary>Frees the context, and with it the key schedule, even when nobody disposes it.</summary>
internal sealed class CipherContext : SafeHandle
{
    public CipherContext()
        : base(nint.Zero, ownsHandle: true) => SetHandle(OpenSsl.NewContext());

    public override bool IsInvalid => handle == nint.Zero;

    protected override bool ReleaseHandle()
    {
        OpenSsl.FreeContext(handle);
        return true;
    }
}
