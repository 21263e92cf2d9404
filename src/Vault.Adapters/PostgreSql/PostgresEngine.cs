using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>PostgreSQL 13 and newer, through pg_dump, pg_restore and psql.</summary>
internal sealed class PostgresEngine : IDatabaseEngine
{
    private readonly PgTools tools;
    private readonly PgPlan planner;

    public PostgresEngine(EngineOptions options)
    {
        tools = new PgTools(options);
        planner = new PgPlan(tools, options.Clock);
    }

    public EngineDescription Description { get; } = new("postgresql", "PostgreSQL", PgSettings.Declared, PgFormats.All);

    public Result<SettingValues> ParseUrl(string url) => PgUrl.Parse(url);

    public Task<SourceCheck> CheckAsync(SettingValues settings, CancellationToken cancel) => new PgCheck(tools).RunAsync(settings, cancel);

    public async Task<IReadOnlyList<string>> ListDatabasesAsync(SettingValues settings, CancellationToken cancel)
    {
        await using var session = await PgSession.OpenMaintenanceAsync(new PgSettings(settings), "", cancel);
        return await session.ListAsync(
            "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate AND datname !~ '^vault_restore_[0-9a-f]{12}$' ORDER BY 1",
            row => row.GetString(0), cancel);
    }

    public Task<Dump> StartDumpAsync(DumpRequest request, IRunLog log, CancellationToken cancel) => PgDump.StartAsync(tools, request, log, cancel);

    public IDumpProof? CreateProof(string dumpFormat) =>
        dumpFormat == PgFormats.Plain.Id ? new StoredScriptProof() : dumpFormat == PgFormats.Custom.Id ? new StoredArchiveProof() : null;

    public Task<RestorePlan> PlanRestoreAsync(RestoreRequest request, CancellationToken cancel) => planner.MakeAsync(request, cancel);

    public Task<RestoreOutcome> RestoreAsync(RestoreRequest request, Stream dump, IRunLog log, CancellationToken cancel) =>
        new PgRestore(planner).RunAsync(request, dump, log, cancel);

    public async Task<IReadOnlyList<string>> CleanUpRestoreAsync(RestoreRequest request, CancellationToken cancel)
    {
        var settings = new PgSettings(request.Target.With("database", request.Target["database"] ?? request.Database));
        var shadow = PgPlan.ShadowName(request.RunId);
        await using var session = await PgSession.OpenMaintenanceAsync(settings, request.Database, cancel);
        var databases = new PgDatabases(session, settings, Silence.Instance);
        await databases.EndStatementsOnAsync(shadow, cancel);
        if (!await databases.ExistsAsync(shadow, cancel)) return [];
        await databases.DropAsync(shadow, cancel);
        return [$"the hidden database \"{shadow}\""];
    }

    private sealed class Silence : IRunLog
    {
        public static readonly Silence Instance = new();

        public void Phase(string name) { }

        public void Write(LogLevel level, string text) { }

        public void Progress(long doneBytes, long? totalBytes) { }
    }
}
