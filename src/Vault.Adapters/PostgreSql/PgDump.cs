using Vault.Adapters.Processes;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>A pg_dump under way. Its output ends only after the tool has ended well: a reader cannot mistake a broken dump for a short one.</summary>
internal sealed class PgDump
{
    private const string Effect = "the backup was stopped and nothing was stored";
    private const string LockWait = "--lock-wait-timeout=60000"; // ms; a migration that holds a lock for longer is told, not waited for
    private static readonly TimeSpan SweepLimit = TimeSpan.FromSeconds(3);
    private readonly ToolProcess tool;
    private readonly PgMessages messages;
    private readonly PgSettings settings;
    private readonly string application;
    private readonly CancellationToken cancel;
    private readonly CancellationTokenRegistration onCancel;
    private readonly Lazy<Task> ending;
    private bool isStopped;

    private PgDump(ToolProcess tool, PgMessages messages, PgSettings settings, string application, CancellationToken cancel)
    {
        (this.tool, this.messages, this.settings, this.application, this.cancel) = (tool, messages, settings, application, cancel);
        ending = new Lazy<Task>(EndAsync);
        onCancel = cancel.Register(tool.Kill);
    }

    // Heap only: indexes are rebuilt by the restore and are not in the dump.
    private const string EstimatedSize = """
        SELECT (coalesce(sum(pg_table_size(c.oid)), 0) + pg_table_size('pg_largeobject'))::bigint
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        """;

    public static async Task<Dump> StartAsync(PgTools tools, DumpRequest request, IRunLog log, CancellationToken cancel)
    {
        var settings = new PgSettings(request.Settings);
        var format = PgFormats.All.FirstOrDefault(known => known.Id == request.Format)
            ?? throw new ProblemException("format-unknown", $"PostgreSQL has no dump format \"{request.Format}\".", "Choose plain or custom in the job.");
        var (facts, set) = await FactsAsync(tools, settings, format, cancel);
        log.Write(LogLevel.Info, $"PostgreSQL {facts.EngineVersion} at {settings.Address}, database \"{settings.Database}\", {facts.ToolVersion}");
        var application = $"vault-dump-{Guid.NewGuid().ToString("N")[..12]}";
        var messages = new PgMessages(log, "pg_dump");
        var tool = ToolProcess.Start(new ToolStart(set.Path("pg_dump"), Arguments(settings, format),
            settings.ToolEnvironment(application), "PG", messages.Take, TakesOutput: true, GivesInput: false));
        var dump = new PgDump(tool, messages, settings, application, cancel);
        IDumpProof proof = format == PgFormats.Plain ? new PlainProof() : new ArchiveProof();
        return new Dump(facts, new PgDumpStream(tool, dump.CompleteAsync), proof, dump.CompleteAsync, dump.StopAsync);
    }

    private static string[] Arguments(PgSettings settings, DumpFormat format) => format == PgFormats.Plain
        ? ["--format=plain", "--verbose", "--no-password", LockWait, settings.DatabaseArgument]
        : ["--format=custom", "--compress=0", "--verbose", "--no-password", LockWait, settings.DatabaseArgument];

    private static async Task<(DumpFacts, PgToolSet)> FactsAsync(PgTools tools, PgSettings settings, DumpFormat format, CancellationToken cancel)
    {
        await using var session = await PgSession.OpenAsync(settings, cancel);
        var set = (await tools.ForDumpAsync(session.Major)).Value;
        var size = await SizeAsync(session, cancel);
        return (new DumpFacts([settings.Database], session.Version, $"pg_dump {set.Version}", format, size), set);
    }

    /// <summary>Asking for a table's size waits while someone holds it locked; the size is only for the progress bar.</summary>
    private static async Task<long?> SizeAsync(PgSession session, CancellationToken cancel)
    {
        try
        {
            await session.ExecuteAsync("SET lock_timeout = '1s'", cancel);
            return await session.ScalarAsync<long>(EstimatedSize, cancel);
        }
        catch (ProblemException)
        {
            return null;
        }
    }

    private Task CompleteAsync() => ending.Value;

    private async Task EndAsync()
    {
        var exitCode = await tool.WaitAsync(CancellationToken.None);
        cancel.ThrowIfCancellationRequested();
        if (messages.Judge(exitCode, Effect) is { } problem) throw new ProblemException(problem);
    }

    private async ValueTask StopAsync()
    {
        if (isStopped) return;
        isStopped = true;
        await onCancel.DisposeAsync();
        var hasEnded = tool.HasExited && !cancel.IsCancellationRequested;
        await tool.DisposeAsync();
        if (!hasEnded) await EndBackendsAsync();
    }

    /// <summary>A backend that computes or waits for a lock does not notice that its client died; it would keep its transaction open.</summary>
    private async Task EndBackendsAsync()
    {
        using var limit = new CancellationTokenSource(SweepLimit);
        try
        {
            await using var session = await PgSession.OpenAsync(settings, limit.Token);
            await session.ListAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
                row => row.GetBoolean(0), limit.Token, application);
        }
        catch (Exception error) when (error is ProblemException or OperationCanceledException)
        {
            // The server is gone, and with it the transaction; what stopped the dump is already told.
        }
    }
}
