using Vault.Core.Engines;

namespace Vault.Core.Pipeline;

/// <summary>Kills the tool once, whoever asks first: a cancel, a failed stage, or the end of the run.</summary>
internal sealed class RunningDump(Dump dump, IRunLog log) : IAsyncDisposable
{
    private readonly Lazy<Task> stop = new(() => StopAsync(dump, log));

    public void Stop() => _ = stop.Value;

    public async ValueTask DisposeAsync() => await stop.Value;

    private static async Task StopAsync(Dump dump, IRunLog log)
    {
        try
        {
            await dump.DisposeAsync();
        }
        catch (Exception cause)
        {
            log.Write(LogLevel.Warning, $"Stopping the dump tool failed ({cause.GetType().Name}); look whether it still runs.");
        }
    }
}
