using System.Text;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>What a restore will do, found out without changing anything.</summary>
internal sealed class PgPlan(PgTools tools, TimeProvider clock)
{
    private const int LongestName = 63; // NAMEDATALEN - 1, in bytes
    private const int SettingsEraMajor = 17; // its dumps begin with SET transaction_timeout, which older servers refuse

    public static string ShadowName(Guid runId) => $"vault_restore_{RunWord(runId)}";

    // The last digits: the first ones of a version 7 UUID are its clock, equal for runs that start together.
    public static string RunWord(Guid runId) => runId.ToString("N")[^12..];

    public async Task<RestorePlan> MakeAsync(RestoreRequest request, CancellationToken cancel)
    {
        try
        {
            var settings = new PgSettings(request.Target.With("database", request.Target["database"] ?? request.Database));
            await using var session = await PgSession.OpenMaintenanceAsync(settings, request.Database, cancel);
            return await MakeAsync(request, settings, session, cancel);
        }
        catch (ProblemException error)
        {
            return new RestorePlan(RestoreAction.CreateNew, [], [new CheckLine(CheckState.Bad, error.Problem.Message)], null, error.Problem);
        }
    }

    /// <param name="number">From 2 on when names of the same second are taken.</param>
    public string KeptName(string database, int number = 1)
    {
        var suffix = $"_before_{clock.GetUtcNow():yyyyMMdd_HHmmss}{(number > 1 ? $"_{number}" : "")}";
        var stem = database;
        while (Encoding.UTF8.GetByteCount(stem) + suffix.Length > LongestName)
            stem = stem[..^(stem.Length > 1 && char.IsLowSurrogate(stem[^1]) ? 2 : 1)];
        return stem + suffix;
    }

    /// <summary>The tool that will restore, or why there is none.</summary>
    public async Task<Result<PgToolSet>> ToolAsync(DumpOrigin origin, int serverMajor)
    {
        var dumpMajor = MajorIn(origin.ToolVersion) ?? MajorIn(origin.EngineVersion) ?? serverMajor;
        if (MajorIn(origin.EngineVersion) is { } from && from > serverMajor)
            return new Problem("target-too-old",
                $"The backup comes from PostgreSQL {from} and the target is PostgreSQL {serverMajor}, which may not understand it.",
                $"Restore into a server of version {from} or newer.");
        if (dumpMajor >= SettingsEraMajor && serverMajor < SettingsEraMajor)
            return new Problem("target-too-old",
                $"The backup was made by pg_dump {dumpMajor}, whose output a server older than {SettingsEraMajor} refuses; the target is PostgreSQL {serverMajor}.",
                $"Restore into a server of version {SettingsEraMajor} or newer.");
        return origin.Format == PgFormats.Plain.Id ? await tools.ForScriptAsync(dumpMajor) : await tools.ForArchiveAsync(dumpMajor, serverMajor);
    }

    private async Task<RestorePlan> MakeAsync(RestoreRequest request, PgSettings settings, PgSession session, CancellationToken cancel)
    {
        var target = (await session.ListAsync(TargetSql, row => new TargetState(row.GetBoolean(0), row.GetBoolean(1), row.GetBoolean(2), row.GetInt64(3)),
            cancel, request.Database))[0];
        var tool = await ToolAsync(request.Origin, session.Major);
        var checks = new List<CheckLine> { new(CheckState.Good, $"Connected to PostgreSQL {session.Version} at {settings.Address} as \"{settings.User}\".") };
        checks.Add(tool.IsOk ? new(CheckState.Good, $"{ToolOf(request.Origin)} {tool.Value.Version} can read the backup.") : new(CheckState.Bad, tool.Problem!.Message));
        var right = RightProblem(target, settings.User, request.Database);
        checks.Add(right is null ? new(CheckState.Good, "The user has the rights that the restore needs.") : new(CheckState.Bad, right.Message));
        checks.Add(SpaceLine(request.Origin, target));
        if (request.ParallelConnections > 1) checks.Add(await ParallelLineAsync(session, request, cancel));
        if (target.Exists) checks.Add(await ConnectedLineAsync(session, request.Database, cancel));
        var kept = target.Exists ? KeptName(request.Database) : null;
        return new RestorePlan(target.Exists ? RestoreAction.Replace : RestoreAction.CreateNew, Steps(request, kept), checks, kept,
            NameProblem(request.Database) ?? tool.Problem ?? right);
    }

    private const string TargetSql = """
        SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1),
               r.rolsuper OR r.rolcreatedb,
               r.rolsuper OR coalesce((SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = $1), true),
               coalesce((SELECT CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END FROM pg_database WHERE datname = $1), 0)
        FROM pg_roles r WHERE r.rolname = current_user
        """;

    private sealed record TargetState(bool Exists, bool MayCreate, bool IsOwner, long SizeBytes);

    private static Problem? RightProblem(TargetState target, string user, string database)
    {
        if (!target.MayCreate)
            return new("createdb-missing", $"\"{user}\" may not create databases on the target server, so nothing can be restored there.",
                $"ALTER ROLE {PgSession.Identifier(user)} CREATEDB, or use a user that has the right.");
        return target.IsOwner ? null : new("owner-missing", $"\"{user}\" does not own the database \"{database}\", so it cannot replace it.",
            "Use its owner or a superuser, or restore into a new database.");
    }

    private static Problem? NameProblem(string database)
    {
        if (database is "postgres" or "template0" or "template1")
            return new("target-reserved", $"\"{database}\" belongs to the server itself and is not replaced.", "Restore into another database.");
        return Encoding.UTF8.GetByteCount(database) is > 0 and <= LongestName && !database.Contains('\0') ? null
            : new("target-name", "The name of the target database is empty or longer than 63 bytes.", "Choose another name.");
    }

    private static CheckLine SpaceLine(DumpOrigin origin, TargetState target)
    {
        var need = origin.SizeBytes is { } size ? $"about {Math.Max(1, size / 1_000_000)} MB and its indexes" : "as much as the dump and its indexes";
        var kept = target.Exists ? $"; the {Math.Max(1, target.SizeBytes / 1_000_000)} MB of the old database stay until you drop it" : "";
        return new(CheckState.Warning, $"Free space on the server: unknown (PostgreSQL does not tell it). Needed: {need}{kept}.");
    }

    private static async Task<CheckLine> ParallelLineAsync(PgSession session, RestoreRequest request, CancellationToken cancel)
    {
        if (PgRestoreSpool.ReasonAgainst(request) is { } reason) return new(CheckState.Warning, $"The restore uses 1 connection: {reason}.");
        var connections = await PgRestoreParallel.ConnectionsAsync(session, request.ParallelConnections, cancel);
        return connections == request.ParallelConnections
            ? new(CheckState.Good, $"The server has {connections} connections free for the restore, and {request.SpoolFolder} has room for the unpacked dump.")
            : new(CheckState.Warning, $"The server has few connections left: the restore would use {connections} of the {request.ParallelConnections} that were asked for.");
    }

    private static async Task<CheckLine> ConnectedLineAsync(PgSession session, string database, CancellationToken cancel)
    {
        var who = await session.ListAsync(
            "SELECT coalesce(usename, '?') || coalesce(' (' || nullif(application_name, '') || ')', '') || ' × ' || count(*) FROM pg_stat_activity WHERE datname = $1 GROUP BY usename, application_name ORDER BY 1",
            row => row.GetString(0), cancel, database);
        return who.Count == 0
            ? new(CheckState.Good, "Nobody is connected to the database.")
            : new(CheckState.Warning, $"Connected now: {string.Join(", ", who)}. These sessions are ended at the moment of the swap.");
    }

    private static List<string> Steps(RestoreRequest request, string? kept)
    {
        var shadow = ShadowName(request.RunId);
        var steps = new List<string>
        {
            "Authenticate the whole backup before a byte of it reaches the server.",
            $"Create the hidden database \"{shadow}\".",
        };
        if (request.ParallelConnections > 1 && PgRestoreSpool.ReasonAgainst(request) is null)
        {
            steps.Insert(1, $"Write the unpacked dump, NOT encrypted, to {request.SpoolFolder}, in a file without a name that is gone as soon as the restore ends.");
            steps.Add($"Restore into it with pg_restore over {request.ParallelConnections} connections at once. \"{request.Database}\" is not touched meanwhile.");
        }
        else steps.Add($"Restore into it with {ToolOf(request.Origin)}, in one transaction. \"{request.Database}\" is not touched meanwhile.");

        steps.Add(kept is null
            ? $"Rename it to \"{request.Database}\"."
            : $"End the sessions on \"{request.Database}\", then in one transaction rename it to \"{kept}\" and \"{shadow}\" to \"{request.Database}\", with its owner, rights, settings and comment.");
        steps.Add(kept is null ? "If anything fails, drop the hidden database again." : $"If anything fails, drop the hidden database: \"{request.Database}\" stays as it is.");
        if (kept is not null) steps.Add($"\"{kept}\" is kept for undo until you drop it.");
        return steps;
    }

    private static string ToolOf(DumpOrigin origin) => origin.Format == PgFormats.Plain.Id ? "psql" : "pg_restore";

    /// <summary>"pg_dump 15.18" and "15.18 (Debian …)" → 15</summary>
    private static int? MajorIn(string? version)
    {
        var digits = new string([.. (version ?? "").SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit)]);
        return int.TryParse(digits, out var major) ? major : null;
    }
}
