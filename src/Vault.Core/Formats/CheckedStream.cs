using System.Security.Cryptography;

namespace Vault.Core.Formats;

/// <summary>What somebody knows of a stream; null: unknown.</summary>
/// <param name="OnMismatch">Called once, at the latest at the stream's end; may throw.</param>
internal sealed record KnownStream(long? SizeBytes, string? Sha256, Action OnMismatch);

/// <summary>Hashes what is read through it, once for all who know what it must be, and tells those whose knowledge was not met.</summary>
internal sealed class CheckedStream(Stream inner, params IEnumerable<KnownStream> known) : ReadOnlyStream
{
    private readonly List<KnownStream> unmet = [.. known];
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long read;

    /// <summary>Lowercase hex; null until the end was read.</summary>
    public string? Sha256 { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Sha256 is not null || buffer.IsEmpty)
        {
            return 0;
        }

        var count = await inner.ReadAsync(buffer, cancellationToken);
        read += count;
        hash.AppendData(buffer.Span[..count]);
        Sha256 = count == 0 ? Convert.ToHexStringLower(hash.GetHashAndReset()) : null;
        foreach (var told in unmet.Where(IsUnmet).ToList())
        {
            unmet.Remove(told);
            told.OnMismatch();
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            hash.Dispose();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool IsUnmet(KnownStream told) => read > (told.SizeBytes ?? long.MaxValue)
        || (Sha256 is not null && ((told.SizeBytes ?? read) != read || !(told.Sha256 ?? Sha256).Equals(Sha256, StringComparison.OrdinalIgnoreCase)));
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
