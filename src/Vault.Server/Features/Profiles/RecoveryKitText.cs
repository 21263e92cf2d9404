using System.Text;
using System.Security.Cryptography;

namespace Vault.Server.Features.Profiles;

/// <summary>UTF-8 text that holds a key. It stands at one place in memory and is zeroed at the end, which a string cannot be.</summary>
internal sealed class RecoveryKitText : IDisposable
{
    private byte[] bytes = Allocate(16 * 1024);
    private int length;

    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, length);

    public RecoveryKitText Append(ReadOnlySpan<char> text)
    {
        MakeRoom(Encoding.UTF8.GetByteCount(text));
        length += Encoding.UTF8.GetBytes(text, bytes.AsSpan(length));
        return this;
    }

    public RecoveryKitText Append(ReadOnlySpan<byte> text)
    {
        MakeRoom(text.Length);
        text.CopyTo(bytes.AsSpan(length));
        length += text.Length;
        return this;
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(bytes);
        length = 0;
    }

    private void MakeRoom(int more)
    {
        if (length + more <= bytes.Length)
            return;
        var larger = Allocate(Math.Max(bytes.Length * 2, length + more));
        bytes.AsSpan(0, length).CopyTo(larger);
        CryptographicOperations.ZeroMemory(bytes);
        bytes = larger;
    }

    // Pinned: the collector makes no copies that nobody would zero.
    private static byte[] Allocate(int sizeBytes) => GC.AllocateUninitializedArray<byte>(sizeBytes, pinned: true);
}
