using System.Security.Cryptography;
using Vault.Core.Formats;

namespace Vault.Core.Pipeline;

/// <summary>Looks over the opener's shoulder: the first pass that reads a stored file from its beginning to its end gives its size and SHA-256.</summary>
internal sealed class StoredTap(BackupFile file)
{
    public long SizeBytes { get; private set; }

    /// <summary>Null until a pass was whole.</summary>
    public string? Sha256 { get; private set; }

    public BackupFile Watched => file with { OpenAsync = OpenAsync };

    /// <summary>Reads the file itself, when no pass was whole.</summary>
    public async Task FinishAsync(CancellationToken cancel)
    {
        if (Sha256 is not null)
        {
            return;
        }

        await using var stream = await OpenAsync(0, cancel);
        var buffer = GC.AllocateUninitializedArray<byte>(1 << 20);
        while (await stream.ReadAsync(buffer, cancel) > 0)
        {
            // The stream itself looks at the bytes.
        }
    }

    private async Task<Stream> OpenAsync(long offset, CancellationToken cancel)
    {
        var stream = await Stage.VerifyAsync(() => file.OpenAsync(offset, cancel), cancel);
        return new Pass(stream, Sha256 is null && offset == 0 ? this : null);
    }

    private sealed class Pass(Stream stored, StoredTap? tap) : ReadOnlyStream
    {
        private readonly IncrementalHash? sha256 = tap is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long sizeBytes;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await Stage.VerifyAsync(async () => await stored.ReadAsync(buffer, cancellationToken), cancellationToken);
            sizeBytes += read;
            sha256?.AppendData(buffer.Span[..read]);
            if (read == 0 && !buffer.IsEmpty && tap is { Sha256: null })
            {
                (tap.SizeBytes, tap.Sha256) = (sizeBytes, Convert.ToHexStringLower(sha256!.GetHashAndReset()));
            }

            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                sha256?.Dispose();
                stored.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
