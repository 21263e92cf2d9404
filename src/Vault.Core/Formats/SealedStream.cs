using System.Security.Cryptography;

namespace Vault.Core.Formats;

/// <summary>
/// Opens chunks one by one: a byte is released only after the tag of its chunk was right, and the end is reached only
/// behind the chunk that was sealed as the last one.
/// </summary>
/// <param name="firstChunk">Number of the chunk that <paramref name="file"/> begins with.</param>
internal sealed class SealedStream(Stream file, SealedKeys keys, int chunkSize, long firstChunk = 0) : ReadOnlyStream
{
    private readonly AesGcm cipher = keys.CreateCipher();
    private readonly int sealedSize = chunkSize + SealedFormat.TagSize;

    // One byte more than a chunk: when it is there, the chunk is not the last.
    private readonly byte[] input = GC.AllocateUninitializedArray<byte>(chunkSize + SealedFormat.TagSize + 1);
    private readonly byte[] chunk = GC.AllocateUninitializedArray<byte>(chunkSize);
    private long index = firstChunk;
    private int buffered;
    private int start;
    private int end;
    private bool isAtEnd;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (start == end && !isAtEnd)
        {
            await OpenNextAsync(cancellationToken);
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
            cipher.Dispose();
            CryptographicOperations.ZeroMemory(chunk);
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task OpenNextAsync(CancellationToken cancel)
    {
        buffered += await file.ReadAtLeastAsync(input.AsMemory(buffered), input.Length - buffered, throwOnEndOfStream: false, cancel);
        var isLast = buffered < input.Length;
        var length = Math.Min(buffered, sealedSize);
        if (length < SealedFormat.TagSize || !IsRight(length, isLast))
        {
            throw new ProblemException(Explain(length, isLast));
        }

        (start, end) = (0, length - SealedFormat.TagSize);
        isAtEnd = isLast;
        index++;
        input[0] = input[^1];
        buffered = isLast ? 0 : 1;
    }

    /// <summary>Only the whole dump may be empty: an empty chunk behind others would be a second way to write the same file.</summary>
    private bool IsRight(int length, bool isLast)
    {
        Span<byte> nonce = stackalloc byte[SealedFormat.NonceSize];
        SealedFormat.WriteNonce(nonce, index, isLast);
        var size = length - SealedFormat.TagSize;
        try
        {
            cipher.Decrypt(nonce, input.AsSpan(0, size), input.AsSpan(size, SealedFormat.TagSize), chunk.AsSpan(0, size));
            return size > 0 || index == 0;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    private Problem Explain(int length, bool isLast)
    {
        var offset = SealedFormat.OffsetOf(index, chunkSize);
        return this switch
        {
            _ when length < SealedFormat.TagSize => SealedProblems.CutAt(offset),
            _ when length == sealedSize && IsRight(length, !isLast) => isLast ? SealedProblems.CutAt(offset + length) : SealedProblems.LongerThan(offset + length),
            _ => SealedProblems.DamagedAt(offset, length),
        };
    }
}
