using Vault.Core.Formats;

namespace Vault.Core.Pipeline;

/// <summary>A stored backup whose destination may fail at any read, hours after it was opened.</summary>
internal sealed class ExplainedStream(Stream stored) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        await Stage.ReadBackupAsync(async () => await stored.ReadAsync(buffer, cancellationToken), cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stored.Dispose();
        }

        base.Dispose(disposing);
    }
}
