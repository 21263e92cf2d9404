using Vault.Adapters.PostgreSql;
using Vault.Adapters.Sqlite;
using Vault.Core.Engines;

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

    public IDatabaseEngine? Find(string id) => All.FirstOrDefault(engine => engine.Description.Id == id);
}
