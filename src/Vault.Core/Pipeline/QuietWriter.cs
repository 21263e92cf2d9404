using Vault.Core.Engines;
using Vault.Core.Stores;

namespace Vault.Core.Pipeline;

/// <summary>A writer whose disposal does not hide the first cause of a failure; what may be left is said in the log.</summary>
internal sealed class QuietWriter(IObjectWriter writer, IRunLog log) : IAsyncDisposable
{
    public Stream Content => writer.Content;

    public Task CommitAsync(CancellationToken cancel) => writer.CommitAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await writer.DisposeAsync();
        }
        catch (Exception cause)
        {
            log.Write(LogLevel.Warning, $"Removing what was begun as {writer.Name} failed ({cause.GetType().Name}); it is removed at the next start.");
        }
    }
}
