using Vault.Adapters.PostgreSql;
using Vault.Adapters.Sqlite;
using Vault.Core.Engines;
using Vault.Core.Metadata;

namespace Vault.Adapters;

/// <summary>Every engine that Vault knows. A new one is one folder and one line here.</summary>
public sealed class EngineRegistry
{
    private EngineRegistry(IReadOnlyList<IDatabaseEngine> all) => All = all;

    public IReadOnlyList<IDatabaseEngine> All { get; }

    public static EngineRegistry Create(EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new([new PostgresEngine(options), new SqliteEngine(options)]);
    }

    /// <summary>For the dump in a backup; by its format alone when no engine here made it. Null: nothing here knows such dumps.</summary>
    public IDumpProof? CreateProof(BackupMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return metadata.DumpFormat is not { } format ? null
            : Find(metadata.Source?.Engine ?? "") is { } engine ? engine.CreateProof(format)
            : All.Select(one => one.CreateProof(format)).FirstOrDefault(proof => proof is not null);
    }

    public IDatabaseEngine? Find(string id) => All.FirstOrDefault(engine => engine.Description.Id == id);
}
