namespace Vault.Core.Engines;

public enum LogLevel { Debug, Info, Warning, Error }

/// <summary>Where a run says what it does. Thread-safe; never blocks for long; never given a secret.</summary>
public interface IRunLog
{
    /// <summary>Begins a phase ("Dumping", "Verifying", "Restoring", …); later lines belong to it.</summary>
    void Phase(string name);

    void Write(LogLevel level, string text);

    /// <param name="doneBytes">Bytes done in this phase.</param>
    /// <param name="totalBytes">Known or estimated total; null when unknown.</param>
    void Progress(long doneBytes, long? totalBytes);
}
