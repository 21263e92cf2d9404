using System.Security.Cryptography;

namespace Vault.Core.Formats;

/// <summary>Says so, at the latest at its end, when size or SHA-256 are known and were not met.</summary>
/// <param name="onMismatch">Called once; may throw.</param>
internal sealed class CheckedStream(Stream inner, long? sizeBytes, string? sha256, Action onMismatch) : ReadOnlyStream
{
    private bool hasMismatch;
    private readonly IncrementalHash? hash = sha256 is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long read;
    private bool isAtEnd;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (isAtEnd || buffer.IsEmpty)
        {
            return 0;
        }

        var count = await inner.ReadAsync(buffer, cancellationToken);
        read += count;
        hash?.AppendData(buffer.Span[..count]);
        isAtEnd = count == 0;
        if (!hasMismatch && (read > (sizeBytes ?? long.MaxValue) || (isAtEnd && !IsAsKnown())))
        {
            hasMismatch = true;
            onMismatch();
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            hash?.Dispose();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool IsAsKnown() => (sizeBytes is null || sizeBytes == read)
        && (hash is null || Convert.ToHexString(hash.GetHashAndReset()).Equals(sha256, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A stream whose first bytes were already looked at.</summary>
internal sealed class ReplayStream(ReadOnlyMemory<byte> head, Stream rest) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> head = head;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (head.IsEmpty)
        {
            return await rest.ReadAsync(buffer, cancellationToken);
        }

        var count = Math.Min(head.Length, buffer.Length);
        head[..count].CopyTo(buffer);
        head = head[count..];
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            rest.Dispose();
        }

        base.Dispose(disposing);
    }
}
