using System.Security.Cryptography;
using Vault.Core.Formats;

namespace Vault.Core.Pipeline;

/// <summary>What the pipeline wrote, to be found again when the object is read back.</summary>
internal sealed record StoredFacts(long CompressedBytes, long StoredBytes, string Sha256, byte[]? Iv, byte[]? Tag);

/// <summary>Encrypts blocks in order, hashes what is stored and writes it.</summary>
internal sealed class StoreTap(Stream content, StandardWriter? writer) : IDisposable
{
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long storedBytes;

    public async Task WriteAsync(Block block, CancellationToken cancel)
    {
        writer?.Seal(block.Filled.Span);
        sha256.AppendData(block.Filled.Span);
        await Stage.StoreAsync(async () => await content.WriteAsync(block.Filled, cancel), cancel);
        storedBytes += block.Length;
    }

    /// <summary>The standard format adds no byte: what was compressed is as long as what is stored.</summary>
    public async Task<StoredFacts> FinishAsync(CancellationToken cancel)
    {
        await Stage.StoreAsync(() => content.FlushAsync(cancel), cancel);
        return new StoredFacts(storedBytes, storedBytes, Convert.ToHexStringLower(sha256.GetHashAndReset()), writer?.Iv, writer?.Finish());
    }

    public void Dispose() => sha256.Dispose();
}
