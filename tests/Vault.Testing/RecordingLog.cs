using System.Collections.Concurrent;
using Vault.Core.Engines;

namespace Vault.Testing;

/// <summary>Keeps what a run said.</summary>
public sealed class RecordingLog : IRunLog
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();
    private readonly ConcurrentDictionary<string, (long DoneBytes, long? TotalBytes)> figures = new();
    private volatile string phase = "";

    public IReadOnlyList<(LogLevel Level, string Text)> Lines => [.. lines];

    public ConcurrentQueue<string> Phases { get; } = new();

    public string Text => string.Join('\n', lines.Select(line => $"{line.Level}: {line.Text}"));

    public void Phase(string name)
    {
        phase = name;
        Phases.Enqueue(name);
    }

    /// <summary>The last figure of a phase.</summary>
    public (long DoneBytes, long? TotalBytes) Furthest(string ofPhase) => figures[ofPhase];

    public void Write(LogLevel level, string text) => lines.Enqueue((level, text));

    public void Progress(long doneBytes, long? totalBytes) => figures[phase] = (doneBytes, totalBytes);
}
