using System.Collections.Concurrent;
using Vault.Core.Engines;

namespace Vault.Testing;

/// <summary>Keeps what a run said.</summary>
public sealed class RecordingLog : IRunLog
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();

    public IReadOnlyList<(LogLevel Level, string Text)> Lines => [.. lines];

    public ConcurrentQueue<string> Phases { get; } = new();

    public string Text => string.Join('\n', lines.Select(line => $"{line.Level}: {line.Text}"));

    public void Phase(string name) => Phases.Enqueue(name);

    public void Write(LogLevel level, string text) => lines.Enqueue((level, text));

    public void Progress(long doneBytes, long? totalBytes) { }
}
