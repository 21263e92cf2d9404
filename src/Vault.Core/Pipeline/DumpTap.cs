using System.Security.Cryptography;
using Vault.Core.Engines;
using Vault.Core.Formats;

namespace Vault.Core.Pipeline;

/// <summary>Cuts the dump into blocks; counts, hashes and shows its bytes to the proof as they pass.</summary>
internal sealed class DumpTap(Dump dump, BlockPool pool, ProgressGate progress) : IDisposable
{
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long SizeBytes { get; private set; }

    public string FinishSha256() => Convert.ToHexStringLower(sha256.GetHashAndReset());

    /// <summary>The next block, full unless it is the last; null after it.</summary>
    public async Task<Block?> NextAsync(CancellationToken cancel)
    {
        var block = pool.Rent();
        try
        {
            while (block.Length < BlockPool.BlockSize && await ReadAsync(block, cancel) is > 0 and var read)
            {
                block.Length += read;
            }

            if (block.Length > 0)
            {
                sha256.AppendData(block.Filled.Span);
                dump.Proof.Observe(block.Filled.Span);
                return block;
            }
        }
        catch
        {
            block.Dispose();
            throw;
        }

        block.Dispose();
        return null;
    }

    public void Dispose() => sha256.Dispose();

    private async Task<int> ReadAsync(Block block, CancellationToken cancel)
    {
        var room = block.Buffer.AsMemory(block.Length, BlockPool.BlockSize - block.Length);
        var read = await Stage.DumpAsync(async () => await dump.Content.ReadAsync(room, cancel), cancel);
        SizeBytes += read;
        progress.Report(SizeBytes);
        return read;
    }
}
