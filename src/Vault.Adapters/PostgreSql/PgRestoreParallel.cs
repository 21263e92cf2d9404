using Vault.Adapters.Processes;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>Restores a spooled dump over several connections at once, into a database that nobody sees yet: it is no single transaction.</summary>
internal sealed class PgRestoreParallel(PgToolSet set, RestoreRequest request, IRunLog log)
{
    private const string Effect = "nothing was restored, the target is as it was";
    private const int LeftToOthers = 2;
    private const int CopyProgressMajor = 14;
    private const string RunningBytesSql = "SELECT coalesce(sum(bytes_processed), 0)::bigint FROM pg_stat_progress_copy WHERE datname = $1";
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

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
        var exitCode = await WaitAsync(tool, session, settings.Database, items, cancel);
        cancel.ThrowIfCancellationRequested();
        if (messages.Judge(exitCode, Effect) is { } problem) throw new ProblemException(problem);

        void Take(string line)
        {
            messages.Take(line);
            items.Take(line);
        }
    }

    private static async Task<int> WaitAsync(ToolProcess tool, PgSession session, string database, PgRestoreItems items, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var watching = WatchRowsAsync(session, database, items, ended.Token);
        try
        {
            return await tool.WaitAsync(cancel);
        }
        finally
        {
            await ended.CancelAsync();
            await watching;
        }
    }

    /// <summary>One large table would stand at nothing until its last row is in.</summary>
    private static async Task WatchRowsAsync(PgSession session, string database, PgRestoreItems items, CancellationToken ended)
    {
        if (session.Major < CopyProgressMajor) return;
        try
        {
            while (true)
            {
                await Task.Delay(LookEvery, ended);
                // Not cancelled half-way: the session is needed for the swap.
                items.TakeRunning(await session.ScalarAsync<long>(RunningBytesSql, CancellationToken.None, database));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or ProblemException)
        {
            // It has ended, or there is one figure less.
        }
    }

    /// <summary>So many that the server still has some for others.</summary>
    public static async Task<int> ConnectionsAsync(PgSession session, int wanted, CancellationToken cancel) =>
        (int)Math.Clamp(await session.ScalarAsync<long>(FreeConnectionsSql, cancel) - LeftToOthers, 1, wanted);

    private static string[] Arguments(int connections, PgSettings settings, PgRestoreSpool spool) =>
        [$"--jobs={connections}", "--exit-on-error", "--verbose", "--no-password", settings.DatabaseArgument, spool.Path];
}
