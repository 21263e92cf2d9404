namespace Vault.Core.Engines;

/// <param name="Id">Lower-case word in metadata and tables: <c>postgresql</c>, <c>sqlite</c>.</param>
/// <param name="Settings">What the form of a source asks for, in order.</param>
/// <param name="DumpFormats">The first one is the default.</param>
public sealed record EngineDescription(
    string Id,
    string DisplayName,
    IReadOnlyList<Setting> Settings,
    IReadOnlyList<DumpFormat> DumpFormats);

/// <param name="Id">Word in metadata: <c>plain</c>, <c>custom</c>, <c>sqlite</c>.</param>
/// <param name="Extension">Without dot, design §4: <c>sql</c>, <c>dump</c>, <c>sqlite</c>.</param>
/// <param name="IsParallel">It can be restored over several connections at once.</param>
public sealed record DumpFormat(string Id, string DisplayName, string Extension, string Help, bool IsParallel = false);

/// <param name="EngineVersion">Such as <c>15.18</c>; null when the server was not reached.</param>
/// <param name="SizeBytes">Size of the database on its server; null when unknown.</param>
/// <param name="Problem">Why a backup would fail; null when it would work.</param>
public sealed record SourceCheck(string? EngineVersion, long? SizeBytes, IReadOnlyList<CheckLine> Lines, Problem? Problem);

/// <param name="Format">An id of <see cref="EngineDescription.DumpFormats"/>.</param>
public sealed record DumpRequest(SettingValues Settings, string Format);

public sealed record TableRows(string Name, long Rows);

/// <summary>What is known before the first byte.</summary>
/// <param name="EstimatedSizeBytes">Rough size of the dump, for progress; null when unknown.</param>
public sealed record DumpFacts(
    IReadOnlyList<string> Databases,
    string EngineVersion,
    string ToolVersion,
    DumpFormat Format,
    long? EstimatedSizeBytes);

/// <summary>Sees every byte of a dump as it passes, and says at the end whether the dump is whole.</summary>
public interface IDumpProof
{
    void Observe(ReadOnlySpan<byte> bytes);

    /// <summary>Called after the last byte. Null: the dump is whole, its end was seen.</summary>
    Problem? Conclude();

    /// <summary>Exact rows of each table as counted in the dump; empty when the format does not show them.</summary>
    IReadOnlyList<TableRows> Tables { get; }

    /// <summary>After <see cref="Conclude"/> found nothing wrong: what exactly was seen, and what was not, as one sentence.</summary>
    string Seen { get; }
}

/// <summary>A dump under way. The pipeline reads <see cref="Content"/> to its end, then awaits <see cref="CompleteAsync"/>.</summary>
public sealed class Dump(DumpFacts facts, Stream content, IDumpProof proof, Func<Task> complete, Func<ValueTask> stop) : IAsyncDisposable
{
    public DumpFacts Facts { get; } = facts;

    public Stream Content { get; } = content;

    public IDumpProof Proof { get; } = proof;

    /// <summary>Waits for the tool's end.</summary>
    /// <exception cref="ProblemException">The tool failed, or wrote an error line.</exception>
    public Task CompleteAsync() => complete();

    /// <summary>Kills the tool with its children if it still runs; within a second no transaction of it is open.</summary>
    public ValueTask DisposeAsync() => stop();
}

/// <summary>What the metadata of the backup says about the dump inside.</summary>
public sealed record DumpOrigin(string Engine, string? EngineVersion, string? ToolVersion, string Format, string? Database, long? SizeBytes);

/// <param name="RunId">Names the shadow database or file, so that a killed restore can be cleaned up.</param>
/// <param name="Target">The server, with credentials.</param>
/// <param name="Database">The database to restore into: a name, or a file path for SQLite. May not exist yet.</param>
public sealed record RestoreRequest(Guid RunId, SettingValues Target, string Database, DumpOrigin Origin)
{
    /// <summary>More than 1: the engine restores over so many at once, if the dump format is <see cref="DumpFormat.IsParallel"/>; else over 1, and says so.</summary>
    public int ParallelConnections { get; init; } = 1;

    /// <summary>Where the dump may lie on disk, not encrypted, in a file without a name, while it is restored in parallel. Null: nowhere.</summary>
    public string? SpoolFolder { get; init; }
}

public enum RestoreAction
{
    /// <summary>The database does not exist: it is created, and dropped again when the restore fails.</summary>
    CreateNew,

    /// <summary>It exists: the dump goes into a shadow database that takes its place by rename; the old one is kept for undo.</summary>
    Replace,
}

/// <param name="Steps">What will happen, in order, in words for the owner.</param>
/// <param name="KeptAs">Under <see cref="RestoreAction.Replace"/>: the name that the old database is kept under.</param>
/// <param name="Problem">What forbids it; null when it can start.</param>
public sealed record RestorePlan(RestoreAction Action, IReadOnlyList<string> Steps, IReadOnlyList<CheckLine> Checks, string? KeptAs, Problem? Problem);

/// <param name="KeptAs">Where the database that was replaced is kept; null when there was none.</param>
public sealed record RestoreOutcome(string? KeptAs);
