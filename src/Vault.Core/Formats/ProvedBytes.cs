using System.Security.Cryptography;

namespace Vault.Core.Formats;

/// <summary>
/// What pass one read of a file, as one SHA-256 for each MiB of its stored bytes: 2 MiB of memory for 64 GiB. GCM's tag
/// speaks for the whole file only at its end, so without this pass two would release bytes that changed since pass one.
/// </summary>
internal sealed class ProvedBytes : IDisposable
{
    public const int ChunkSize = 1 << 20;

    private readonly List<byte[]> digests = [];
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int filled;

    public void Observe(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, ChunkSize - filled)];
            sha256.AppendData(part);
            bytes = bytes[part.Length..];
            filled += part.Length;
            if (filled == ChunkSize)
            {
                EndChunk();
            }
        }
    }

    /// <summary>Pass two. A chunk is released only when it is, byte for byte, the one that pass one saw.</summary>
    public Stream Read(Stream file)
    {
        if (filled > 0)
        {
            EndChunk();
        }

        return new ProvedStream(file, digests);
    }

    public void Dispose() => sha256.Dispose();

    private void EndChunk()
    {
        digests.Add(sha256.GetHashAndReset());
        filled = 0;
    }

    private sealed class ProvedStream(Stream file, List<byte[]> digests) : ReadOnlyStream
    {
        private readonly byte[] chunk = GC.AllocateUninitializedArray<byte>(ChunkSize);
        private int index;
        private int start;
        private int end;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.IsEmpty || (start == end && !await FillAsync(cancellationToken)))
            {
                return 0;
            }

            var count = Math.Min(buffer.Length, end - start);
            chunk.AsMemory(start, count).CopyTo(buffer);
            start += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                file.Dispose();
            }

            base.Dispose(disposing);
        }

        /// <summary>False at the end.</summary>
        private async Task<bool> FillAsync(CancellationToken cancel)
        {
            start = end = 0;
            var read = await file.ReadAtLeastAsync(chunk, ChunkSize, throwOnEndOfStream: false, cancel);
            var isProved = read == 0 ? index == digests.Count : index < digests.Count && SHA256.HashData(chunk.AsSpan(0, read)).AsSpan().SequenceEqual(digests[index]);
            if (!isProved)
            {
                throw new ProblemException(
                    "file-changed",
                    "The backup file changed while it was being read. Nothing of the change was released, and the restore must not be kept.",
                    "Make sure that nothing writes to the destination, then start the restore again.");
            }

            index += read > 0 ? 1 : 0;
            end = read;
            return read > 0;
        }
    }
}
