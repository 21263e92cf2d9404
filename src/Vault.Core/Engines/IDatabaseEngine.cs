namespace Vault.Core.Engines;

/// <summary>How one kind of database is checked, dumped and restored. A new engine is one folder in Adapters and one line in its registry.</summary>
public interface IDatabaseEngine
{
    EngineDescription Description { get; }

    /// <summary>Reads a connection URL such as <c>postgres://user:pw@host:5432/db?sslmode=require</c> into settings.</summary>
    Result<SettingValues> ParseUrl(string url);

    /// <summary>Connects within seconds and says what a backup would meet. Expected failures stand in the result; never throws for them.</summary>
    Task<SourceCheck> CheckAsync(SettingValues settings, CancellationToken cancel);

    /// <summary>The databases that a restore could go into, on the server that <paramref name="settings"/> name.</summary>
    Task<IReadOnlyList<string>> ListDatabasesAsync(SettingValues settings, CancellationToken cancel);

    /// <summary>Starts the dump and returns once its first facts are known. Disposing the dump ends it and its process at once.</summary>
    /// <exception cref="ProblemException">The server cannot be reached, the tool is missing or too old, …</exception>
    Task<Dump> StartDumpAsync(DumpRequest request, IRunLog log, CancellationToken cancel);

    /// <summary>For a dump that lies in a backup, of this or another program; null when this engine knows no such <paramref name="dumpFormat"/>.</summary>
    IDumpProof? CreateProof(string dumpFormat);

    /// <summary>Says what a restore will do, and what forbids it, without changing anything.</summary>
    Task<RestorePlan> PlanRestoreAsync(RestoreRequest request, CancellationToken cancel);

    /// <summary>
    /// Restores a dump: all of it or none. When it throws, the target is as it was. <paramref name="dump"/> yields only
    /// authenticated bytes and is read once, to its end.
    /// </summary>
    Task<RestoreOutcome> RestoreAsync(RestoreRequest request, Stream dump, IRunLog log, CancellationToken cancel);

    /// <summary>Removes what a restore left that was killed (shadow databases, shadow files of this run). Returns what it removed, in words.</summary>
    Task<IReadOnlyList<string>> CleanUpRestoreAsync(RestoreRequest request, CancellationToken cancel);
}
