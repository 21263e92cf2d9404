using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>The answer to "Test": what a backup of this source would meet.</summary>
internal sealed class PgCheck(PgTools tools)
{
    private const int NamedTables = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(12);

    // Members of extensions come with CREATE EXTENSION, not with their data. Row security cuts a dump silently short, so
    // pg_dump turns it into an error; it is named beforehand.
    private const string UnreadableTables = """
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
          AND (NOT has_schema_privilege(n.oid, 'USAGE')
               OR NOT CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE has_table_privilege(c.oid, 'SELECT') END
               OR (c.relkind <> 'S' AND row_security_active(c.oid)))
        ORDER BY 1
        """;

    private const string Rights = "SELECT rolsuper, rolcreatedb, pg_database_size(current_database()) FROM pg_roles WHERE rolname = current_user";

    public async Task<SourceCheck> RunAsync(SettingValues values, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        try
        {
            var settings = new PgSettings(values);
            await using var session = await PgSession.OpenAsync(settings, limit.Token);
            return await AskAsync(session, settings, limit.Token);
        }
        catch (ProblemException error)
        {
            return new SourceCheck(null, null, [new CheckLine(CheckState.Bad, error.Problem.Message)], error.Problem);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            var late = new Problem("connection-timeout", "The server did not answer within seconds.", "Check host and port, and how busy the server is.");
            return new SourceCheck(null, null, [new CheckLine(CheckState.Bad, late.Message)], late);
        }
    }

    private async Task<SourceCheck> AskAsync(PgSession session, PgSettings settings, CancellationToken cancel)
    {
        var lines = new List<CheckLine> { new(CheckState.Good, $"Connected to PostgreSQL {session.Version} as \"{settings.User}\".") };
        var rights = (await session.ListAsync(Rights, row => (IsSuper: row.GetBoolean(0), MayCreate: row.GetBoolean(1), SizeBytes: row.GetInt64(2)), cancel))[0];
        var tool = await tools.ForDumpAsync(session.Major);
        lines.Add(tool.IsOk
            ? new(CheckState.Good, $"pg_dump {tool.Value.Version} is new enough ({tool.Value.Folder}).")
            : new(CheckState.Bad, tool.Problem!.Message));
        var unreadable = await session.ListAsync(UnreadableTables, row => row.GetString(0), cancel);
        var denied = Denied(unreadable, settings.User);
        lines.Add(denied is null
            ? new(CheckState.Good, $"\"{settings.User}\" may read every table.")
            : new(CheckState.Bad, denied.Message));
        lines.Add(rights.IsSuper || rights.MayCreate
            ? new(CheckState.Good, rights.IsSuper ? "The user is a superuser: restores can create databases." : "The user may create databases, as restores need.")
            : new(CheckState.Warning, "The user may not create databases (CREATEDB): backups work, restores to this server need another user."));
        return new SourceCheck(session.Version, rights.SizeBytes, lines, tool.Problem ?? denied);
    }

    private static Problem? Denied(List<string> tables, string user)
    {
        if (tables.Count == 0) return null;
        var named = string.Join(", ", tables.Take(NamedTables)) + (tables.Count > NamedTables ? ", …" : "");
        return new("table-permission",
            $"\"{user}\" may not read {(tables.Count == 1 ? "1 table" : $"{tables.Count} tables")} whole ({named}), so a backup would fail.",
            $"GRANT pg_read_all_data TO {PgSession.Identifier(user)} (PostgreSQL 14+), or GRANT SELECT on them; with row security also BYPASSRLS.");
    }
}
