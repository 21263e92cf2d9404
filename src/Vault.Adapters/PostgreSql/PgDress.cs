using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>
/// What belongs to a database but stands outside of it, and so in no dump: owner, rights, ALTER DATABASE SET, comment,
/// connection limit. The new database gets them from the one that it replaces.
/// </summary>
internal static class PgDress
{
    // guc_tables.c, GUC_LIST_QUOTE: these values are stored as quoted lists and go back as they are; pg_dump does the same.
    private static readonly HashSet<string> Lists = new(StringComparer.OrdinalIgnoreCase)
        { "local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries", "temp_tablespaces", "unix_socket_directories" };

    public static async Task CarryOverAsync(PgSession session, string from, string to, IRunLog log, CancellationToken cancel)
    {
        var target = PgSession.Identifier(to);
        var statements = new List<string>();
        statements.AddRange(await session.ListAsync(
            "SELECT pg_get_userbyid(datdba), datconnlimit, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1",
            row => string.Join(";\n", Basics(target, row.GetString(0), row.GetInt32(1), row.IsDBNull(2) ? null : row.GetString(2))), cancel, from));
        statements.AddRange(await RightsAsync(session, from, target, cancel));
        statements.AddRange(await session.ListAsync(
            "SELECT r.rolname::text, unnest(s.setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE d.datname = $1",
            row => Setting(target, row.IsDBNull(0) ? null : row.GetString(0), row.GetString(1)), cancel, from));
        foreach (var statement in statements) await session.ExecuteAsync(statement, cancel);
        log.Write(LogLevel.Info, $"Carried over owner, rights, settings and comment of \"{from}\".");
    }

    private static IEnumerable<string> Basics(string target, string owner, int limit, string? comment)
    {
        yield return $"ALTER DATABASE {target} OWNER TO {PgSession.Identifier(owner)}";
        if (limit != -1) yield return $"ALTER DATABASE {target} CONNECTION LIMIT {limit}";
        if (comment is not null) yield return $"COMMENT ON DATABASE {target} IS {PgSession.Literal(comment)}";
    }

    private static async Task<List<string>> RightsAsync(PgSession session, string from, string target, CancellationToken cancel)
    {
        const string sql = """
            SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee)::text END, a.is_grantable, pg_get_userbyid(d.datdba)::text
            FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = $1 AND d.datacl IS NOT NULL
            """;
        var grants = await session.ListAsync(sql, row => (Right: row.GetString(0), To: row.IsDBNull(1) ? null : row.GetString(1), IsGrantable: row.GetBoolean(2), Owner: row.GetString(3)),
            cancel, from);
        if (grants.Count == 0) return [];
        var statements = new List<string> { $"REVOKE ALL ON DATABASE {target} FROM PUBLIC, {PgSession.Identifier(grants[0].Owner)}" };
        statements.AddRange(grants.Select(grant =>
            $"GRANT {grant.Right} ON DATABASE {target} TO {(grant.To is null ? "PUBLIC" : PgSession.Identifier(grant.To))}{(grant.IsGrantable ? " WITH GRANT OPTION" : "")}"));
        return statements;
    }

    private static string Setting(string target, string? role, string entry)
    {
        var mark = entry.IndexOf('=');
        var (name, value) = (entry[..mark], entry[(mark + 1)..]);
        var where = role is null ? $"ALTER DATABASE {target}" : $"ALTER ROLE {PgSession.Identifier(role)} IN DATABASE {target}";
        var quotedName = string.Join('.', name.Split('.').Select(PgSession.Identifier));
        return $"{where} SET {quotedName} TO {(Lists.Contains(name) ? ListValue(value) : PgSession.Literal(value))}";
    }

    private static string ListValue(string value) => value.Length == 0 ? "''" : value.Replace("\"\"", "''");
}
