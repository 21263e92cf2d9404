using System.Security.Cryptography;
using Vault.Core.Formats;

namespace Vault.Core.Pipeline;

/// <summary>What the pipeline wrote, to be found again when the object is read back.</summary>
internal sealed record StoredFacts(long CompressedBytes, long StoredBytes, string Sha256);

/// <summary>Encrypts blocks in order, hashes what is stored and writes it.</summary>
internal sealed class StoreTap(Stream content, IEncryptor encryptor) : IDisposable
{
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<int> blockSizes = [];
    private long compressedBytes;
    private long storedBytes;

    /// <summary>Compressed size of each block that was written.</summary>
    public IReadOnlyList<int> BlockSizes => blockSizes;

    public async Task WriteAsync(Block block, CancellationToken cancel)
    {
        compressedBytes += block.Length;
        blockSizes.Add(block.Length);
        foreach (var piece in encryptor.Encrypt(block.Filled))
        {
            await StoreAsync(piece, cancel);
        }
    }

    public async Task<StoredFacts> FinishAsync(CancellationToken cancel)
    {
        foreach (var piece in encryptor.Finish())
        {
            await StoreAsync(piece, cancel);
        }

        await Stage.StoreAsync(() => content.FlushAsync(cancel), cancel);
        return new StoredFacts(compressedBytes, storedBytes, Convert.ToHexStringLower(sha256.GetHashAndReset()));
    }

    public void Dispose() => sha256.Dispose();

    private async Task StoreAsync(ReadOnlyMemory<byte> piece, CancellationToken cancel)
    {
        sha256.AppendData(piece.Span);
        await Stage.StoreAsync(async () => await content.WriteAsync(piece, cancel), cancel);
        storedBytes += piece.Length;
    }
}
