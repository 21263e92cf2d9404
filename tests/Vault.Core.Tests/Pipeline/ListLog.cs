using System.Collections.Concurrent;
using Vault.Core.Engines;

namespace Vault.Core.Tests.Pipeline;

internal sealed class ListLog : IRunLog
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ConcurrentQueue<string> Phases { get; } = new();

    public ConcurrentQueue<(long Done, long? Total)> Steps { get; } = new();

    public void Phase(string name) => Phases.Enqueue(name);

    public void Write(LogLevel level, string text) => Lines.Enqueue(text);

    public void Progress(long doneBytes, long? totalBytes) => Steps.Enqueue((doneBytes, totalBytes));
}
