using Vault.Adapters.Processes;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>Restores a spooled dump over several connections at once, into a database that nobody sees yet: it is no single transaction.</summary>
internal sealed class PgRestoreParallel(PgToolSet set, RestoreRequest request, IRunLog log)
{
    private const string Effect = "nothing was restored, the target is as it was";
    private const int LeftToOthers = 2;

    // Sessions of others are seen as numbers only, unless one may see all; the count includes the server's own workers.
    private const string FreeConnectionsSql = """
        SELECT current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint - (SELECT sum(numbackends)::bigint FROM pg_stat_database)
        """;

    public async Task RunAsync(PgRestoreSpool spool, PgSession session, PgSettings settings, CancellationToken cancel)
    {
        var connections = await ConnectionsAsync(session, request.ParallelConnections, cancel);
        log.Phase("Restoring");
        log.Write(connections < request.ParallelConnections ? LogLevel.Warning : LogLevel.Info, connections < request.ParallelConnections
            ? $"The server has few connections left: restoring over {connections} instead of {request.ParallelConnections}."
            : $"Restoring over {connections} connections at once.");
        var messages = new PgMessages(log, "pg_restore");
        var items = new PgRestoreItems(spool.Blocks, log);
        await using var tool = ToolProcess.Start(new ToolStart(set.Path("pg_restore"), Arguments(connections, settings, spool),
            settings.ToolEnvironment($"vault-restore-{PgPlan.RunWord(request.RunId)}"), "PG", Take, TakesOutput: false, GivesInput: false).EndingWithVault());
        await using var onCancel = cancel.Register(tool.Kill);
        var exitCode = await tool.WaitAsync(cancel);
        cancel.ThrowIfCancellationRequested();
        if (messages.Judge(exitCode, Effect) is { } problem) throw new ProblemException(problem);

        void Take(string line)
        {
            messages.Take(line);
            items.Take(line);
        }
    }

    /// <summary>So many that the server still has some for others.</summary>
    public static async Task<int> ConnectionsAsync(PgSession session, int wanted, CancellationToken cancel) =>
        (int)Math.Clamp(await session.ScalarAsync<long>(FreeConnectionsSql, cancel) - LeftToOthers, 1, wanted);

    private static string[] Arguments(int connections, PgSettings settings, PgRestoreSpool spool) =>
        [$"--jobs={connections}", "--exit-on-error", "--verbose", "--no-password", settings.DatabaseArgument, spool.Path];
}
