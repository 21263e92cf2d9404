using System.Security.Cryptography;

namespace Vault.Core.Formats;

/// <summary>Turns the compressed stream, in order, into the bytes of a backup file.</summary>
internal interface IEncryptor : IDisposable
{
    /// <summary>Null: not encrypted.</summary>
    EncryptionFormat? Format { get; }

    /// <summary>What the metadata names as IV; null when not encrypted.</summary>
    byte[]? Iv { get; }

    /// <summary>What the metadata names as tag; null before <see cref="Finish"/> and when not encrypted.</summary>
    byte[]? Tag { get; }

    /// <summary>Each result is valid until the next one is asked for. May change <paramref name="piece"/>.</summary>
    IEnumerable<ReadOnlyMemory<byte>> Encrypt(Memory<byte> piece);

    IEnumerable<ReadOnlyMemory<byte>> Finish();

    /// <summary>Reads a file whole and says whether it is authentic under the key that wrote it.</summary>
    /// <param name="observe">Sees every stored byte.</param>
    Task<bool> IsRightAsync(Stream file, Action<ReadOnlyMemory<byte>> observe, CancellationToken cancel);
}

/// <summary>The file is the compressed dump itself; there is nothing to say of it but its bytes.</summary>
internal sealed class NoEncryptor : IEncryptor
{
    public EncryptionFormat? Format => null;

    public byte[]? Iv => null;

    public byte[]? Tag => null;

    public IEnumerable<ReadOnlyMemory<byte>> Encrypt(Memory<byte> piece) => [piece];

    public IEnumerable<ReadOnlyMemory<byte>> Finish() => [];

    public async Task<bool> IsRightAsync(Stream file, Action<ReadOnlyMemory<byte>> observe, CancellationToken cancel)
    {
        await ObservedStream.ReadWholeAsync(file, observe, cancel);
        return true;
    }

    public void Dispose() { }
}

/// <summary>Shows every byte that is read to somebody else.</summary>
internal sealed class ObservedStream(Stream inner, Action<ReadOnlyMemory<byte>> observe) : ReadOnlyStream
{
    private const int BufferSize = 1 << 20;

    public static async Task ReadWholeAsync(Stream file, Action<ReadOnlyMemory<byte>> observe, CancellationToken cancel)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        try
        {
            int read;
            while ((read = await file.ReadAsync(buffer, cancel)) > 0)
            {
                observe(buffer.AsMemory(0, read));
            }
        }
        finally { CryptographicOperations.ZeroMemory(buffer); }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        observe(buffer[..read]);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
