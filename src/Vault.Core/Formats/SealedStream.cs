using System.Security.Cryptography;

namespace Vault.Core.Formats;

/// <summary>
/// Opens chunks one by one: a byte is released only after the tag of its chunk was right, and the end is reached only
/// behind the chunk that was sealed as the last one. While a chunk is opened, the one after it is read.
/// </summary>
/// <param name="firstChunk">Number of the chunk that <paramref name="file"/> begins with.</param>
internal sealed class SealedStream(Stream file, SealedKeys keys, int chunkSize, long firstChunk = 0) : ReadOnlyStream
{
    private readonly AesGcm cipher = keys.CreateCipher();
    private readonly int sealedSize = chunkSize + SealedFormat.TagSize;

    // One byte more than a chunk: when it is there, the chunk is not the last.
    private byte[] input = GC.AllocateUninitializedArray<byte>(chunkSize + SealedFormat.TagSize + 1);
    private byte[] following = GC.AllocateUninitializedArray<byte>(chunkSize + SealedFormat.TagSize + 1);
    private Task<int>? filling;
    private readonly byte[] chunk = GC.AllocateUninitializedArray<byte>(chunkSize);
    private long index = firstChunk;
    private int start;
    private int end;
    private bool isAtEnd;

    /// <summary>Opens every chunk to the last, and gives none out.</summary>
    public async Task ProveAsync(CancellationToken cancel)
    {
        while (!isAtEnd)
        {
            await OpenNextAsync(cancel);
        }
    }

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
            // What was read ahead is not wanted any more, and neither is its failure.
            _ = filling?.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            cipher.Dispose();
            CryptographicOperations.ZeroMemory(chunk);
            file.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task OpenNextAsync(CancellationToken cancel)
    {
        filling ??= FillAsync(input, from: 0, cancel);
        var filled = await filling;
        var isLast = filled < input.Length;
        if (!isLast)
        {
            following[0] = input[^1];
            filling = FillAsync(following, from: 1, cancel);
        }

        var length = Math.Min(filled, sealedSize);
        if (length < SealedFormat.TagSize || !IsRight(length, isLast))
        {
            throw new ProblemException(Explain(length, isLast));
        }

        (start, end) = (0, length - SealedFormat.TagSize);
        isAtEnd = isLast;
        index++;
        (input, following) = (following, input);
    }

    /// <summary>How many bytes of the buffer are there then; fewer than it has at the file's end only.</summary>
    private async Task<int> FillAsync(byte[] buffer, int from, CancellationToken cancel) =>
        from + await file.ReadAtLeastAsync(buffer.AsMemory(from), buffer.Length - from, throwOnEndOfStream: false, cancel);

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
