using Vault.Adapters.Processes;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>Restores into a shadow database and swaps it in. Until the last rename the target is not touched at all.</summary>
internal sealed class PgRestore(PgPlan planner)
{
    private const string Effect = "nothing was restored, the target is as it was";
    private const int CopyBytes = 256 * 1024;

    public async Task<RestoreOutcome> RunAsync(RestoreRequest request, Stream dump, IRunLog log, CancellationToken cancel)
    {
        var plan = await planner.MakeAsync(request, cancel);
        if (plan.Problem is { } forbidden) throw new ProblemException(forbidden);
        using var spool = await PgRestoreSpool.FillAsync(request, dump, log, cancel);
        var settings = new PgSettings(request.Target.With("database", request.Target["database"] ?? request.Database));
        var shadow = PgPlan.ShadowName(request.RunId);
        await using var session = await PgSession.OpenMaintenanceAsync(settings, request.Database, cancel);
        var databases = new PgDatabases(session, settings, log);
        var tool = (await planner.ToolAsync(request.Origin, session.Major)).Value;
        try
        {
            await databases.CreateAsync(shadow, request.Database, request.Origin.Database, cancel);
            log.Write(LogLevel.Info, $"Created the hidden database \"{shadow}\" on PostgreSQL {session.Version} at {settings.Address}.");
            if (spool is null) await FeedAsync(tool, request, settings.For(shadow), dump, log, cancel);
            else await new PgRestoreParallel(tool, request, log).RunAsync(spool, session, settings.For(shadow), cancel);
            spool?.Dispose();
            await AnalyzeAsync(settings.For(shadow), log, cancel);
            return await PlaceAsync(plan, request, databases, session, shadow, log, cancel);
        }
        catch
        {
            await DropAsync(settings, request.Database, shadow, log);
            throw;
        }
    }

    private async Task<RestoreOutcome> PlaceAsync(
        RestorePlan plan, RestoreRequest request, PgDatabases databases, PgSession session, string shadow, IRunLog log, CancellationToken cancel)
    {
        var isReplacing = plan.Action == RestoreAction.Replace;
        log.Phase("Swapping in");
        if (isReplacing) await PgDress.CarryOverAsync(session, request.Database, shadow, log, cancel);
        var kept = await databases.PlaceAsync(shadow, request.Database, isReplacing ? number => planner.KeptName(request.Database, number) : null, cancel);
        log.Write(LogLevel.Info, kept is null
            ? $"The database \"{request.Database}\" is there."
            : $"\"{request.Database}\" is replaced; the old database is kept as \"{kept}\".");
        return new RestoreOutcome(kept);
    }

    private static async Task FeedAsync(PgToolSet set, RestoreRequest request, PgSettings settings, Stream dump, IRunLog log, CancellationToken cancel)
    {
        var isPlain = request.Origin.Format == PgFormats.Plain.Id;
        var name = isPlain ? "psql" : "pg_restore";
        var messages = new PgMessages(log, name);
        log.Phase("Restoring");
        await using var tool = ToolProcess.Start(new ToolStart(set.Path(name), Arguments(isPlain, settings),
            settings.ToolEnvironment($"vault-restore-{PgPlan.RunWord(request.RunId)}"), "PG", messages.Take, TakesOutput: false, GivesInput: true));
        await using var onCancel = cancel.Register(tool.Kill);
        var isTakenWhole = false;
        try
        {
            var (script, end) = isPlain ? (new RestrictedScript(), new PlainProof()) : (null, null);
            await CopyAsync(dump, tool.Input, script, end, request.Origin.SizeBytes, log, cancel);
            if (end?.ConcludeRestore() is { } cut) throw new ProblemException(cut);
            // Only now: to psql -1 the end of its input means COMMIT, also in the middle of a table's rows.
            await tool.Input.DisposeAsync();
            isTakenWhole = true;
        }
        catch (BrokenInputException) when (!cancel.IsCancellationRequested)
        {
            // The tool left before its input ended; its own words tell why.
        }
        catch
        {
            tool.Kill();
            throw;
        }

        var exitCode = await tool.WaitAsync(cancel);
        cancel.ThrowIfCancellationRequested();
        if (messages.Judge(exitCode, Effect) is { } problem) throw new ProblemException(problem);
        if (!isTakenWhole)
            throw new ProblemException("tool-failed", $"{name} ended before it had read the whole backup; {Effect}.", "Read the log of this run, then restore again.");
    }

    private static string[] Arguments(bool isPlain, PgSettings settings) => isPlain
        ? ["--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--no-password", "--tuples-only", "--no-align", settings.DatabaseArgument, "--file=-"]
        : ["--single-transaction", "--exit-on-error", "--verbose", "--no-password", settings.DatabaseArgument];

    private static async Task CopyAsync(Stream dump, Stream input, RestrictedScript? script, PlainProof? end, long? totalBytes, IRunLog log, CancellationToken cancel)
    {
        if (script is not null) await WriteAsync(script.Opening);
        var buffer = new byte[CopyBytes];
        var doneBytes = 0L;
        int read;
        while ((read = await dump.ReadAsync(buffer, cancel)) > 0)
        {
            end?.Observe(buffer.AsSpan(0, read));
            await WriteAsync(script is null ? buffer.AsMemory(0, read) : script.Take(buffer.AsSpan(0, read)));
            log.Progress(doneBytes += read, totalBytes);
        }

        if (script is not null) await WriteAsync(script.End());

        async Task WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            try
            {
                await input.WriteAsync(bytes, cancel);
            }
            catch (IOException error)
            {
                throw new BrokenInputException(error);
            }
        }
    }

    /// <summary>Without statistics the first queries of the restored database would be slow; their lack is no failure.</summary>
    private static async Task AnalyzeAsync(PgSettings shadow, IRunLog log, CancellationToken cancel)
    {
        try
        {
            await using var session = await PgSession.OpenAsync(shadow, cancel);
            await session.ExecuteAsync("ANALYZE", cancel);
        }
        catch (ProblemException error)
        {
            log.Write(LogLevel.Warning, $"The planner's statistics were not made (ANALYZE): {error.Problem.Message}");
        }
    }

    private static async Task DropAsync(PgSettings settings, string database, string shadow, IRunLog log)
    {
        try
        {
            await using var session = await PgSession.OpenMaintenanceAsync(settings, database, CancellationToken.None);
            await new PgDatabases(session, settings, log).DropAsync(shadow, CancellationToken.None);
        }
        catch (ProblemException error)
        {
            log.Write(LogLevel.Warning, $"The hidden database \"{shadow}\" could not be dropped and is cleaned up later: {error.Problem.Message}");
        }
    }

    private sealed class BrokenInputException(IOException inner) : Exception(inner.Message, inner);
}
