using System.Collections.Concurrent;

namespace Vault.Adapters.Tests.PostgreSql;

/// <summary>Reads every command line of the machine, over and over, as any user of it could.</summary>
internal sealed class CommandLineWatcher : IDisposable
{
    private readonly ConcurrentDictionary<string, bool> seen = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Task watching;

    public CommandLineWatcher() => watching = Task.Run(Watch);

    public static IEnumerable<string> All()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(path[6])))
        {
            string text;
            try
            {
                text = File.ReadAllText(Path.Combine(folder, "cmdline"));
            }
            catch (IOException)
            {
                continue; // it ended
            }

            yield return text.Replace('\0', ' ');
        }
    }

    public async Task<IReadOnlyCollection<string>> StopAsync()
    {
        await stop.CancelAsync();
        await watching;
        return [.. seen.Keys];
    }

    public void Dispose()
    {
        stop.Cancel();
        stop.Dispose();
    }

    private void Watch()
    {
        while (!stop.IsCancellationRequested)
            foreach (var line in All()) seen[line] = true;
    }
}
