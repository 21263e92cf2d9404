using Vault.Core.Keys;

namespace Vault.Core.Formats;

/// <summary>
/// Pass two: decrypts a file whose whole tag pass one found right. What changed between the passes is held back by
/// <see cref="ProvedBytes"/>; the tag is checked again at the end all the same.
/// </summary>
internal sealed class StandardStream(Stream file, MasterKey key, byte[] iv, byte[] tag) : ReadOnlyStream
{
    private readonly GcmCipher cipher = GcmCipher.ForOpening(key.Bytes, iv);
    private bool isAtEnd;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (isAtEnd || buffer.IsEmpty)
        {
            return 0;
        }

        var read = await file.ReadAsync(buffer, cancellationToken);
        if (read > 0)
        {
            cipher.Transform(buffer.Span[..read]);
            return read;
        }

        isAtEnd = true;
        return cipher.IsTagRight(tag) ? 0 : throw new ProblemException(
            "file-changed",
            "The backup file changed while it was being read, so what was read last is not authentic; the restore must not be kept.",
            "Make sure that nothing writes to the destination, then start the restore again.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            cipher.Dispose();
            file.Dispose();
        }

        base.Dispose(disposing);
    }
}
