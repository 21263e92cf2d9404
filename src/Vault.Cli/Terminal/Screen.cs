using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Cli.Terminal;

/// <summary>Standard error: what is being done, line by line, and on a terminal one line of progress that overwrites itself.</summary>
internal sealed class Screen : IRunLog, IDisposable
{
    private const string ClearLine = "\r\u001b[K";
    private readonly Lock gate = new();
    private readonly TextWriter error = Console.Error;
    private readonly bool isTerminal = !Console.IsErrorRedirected;
    private ProgressLine progress = new("Working");
    private bool hasLine;

    public void Phase(string name)
    {
        lock (gate)
        {
            Clear();
            progress = new ProgressLine(name);
        }
    }

    public void Write(LogLevel level, string text)
    {
        if (level == LogLevel.Debug) return;
        lock (gate)
        {
            Clear();
            error.WriteLine(level switch
            {
                LogLevel.Warning => $"Warning: {Printable.Of(text)}",
                LogLevel.Error => $"Error: {Printable.Of(text)}",
                _ => Printable.Of(text),
            });
        }
    }

    public void Progress(long doneBytes, long? totalBytes)
    {
        if (!isTerminal) return;
        lock (gate)
        {
            if (!progress.IsDue(doneBytes, totalBytes)) return;
            var text = progress.Text(doneBytes, totalBytes);
            error.Write(ClearLine + text[..Math.Min(text.Length, Width)]);
            hasLine = true;
        }
    }

    public void Say(string text) => Write(LogLevel.Info, text);

    public void Show(Problem problem) => Write(LogLevel.Info, problem.ToString());

    public void Dispose()
    {
        lock (gate) Clear();
    }

    // Some terminals do not tell their width.
    private static int Width => Console.WindowWidth is > 20 and var width ? width - 1 : 79;

    private void Clear()
    {
        if (hasLine) error.Write(ClearLine);
        hasLine = false;
    }
}
