using Npgsql;

namespace Vault.Testing;

/// <summary>Everything in a database that a restore must bring back, asked from the server by SQL alone: no code of Vault's is involved.</summary>
public sealed class DatabaseFingerprint
{
    private const string NotSystem = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
    private readonly SortedDictionary<string, string> facts = new(StringComparer.Ordinal);

    private static readonly (string What, string Sql)[] Questions =
    [
        ("relation", $"SELECT c.relkind::text || ' ' || c.oid::regclass, concat_ws('|', pg_get_userbyid(c.relowner), c.relacl::text, c.reloptions::text, c.relrowsecurity, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {NotSystem}"),
        ("schema", $"SELECT nspname, concat_ws('|', pg_get_userbyid(nspowner), nspacl::text) FROM pg_namespace n WHERE {NotSystem}"),
        ("column", $"SELECT c.oid::regclass || '.' || a.attname, concat_ws('|', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attacl::text) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm') AND {NotSystem}"),
        ("constraint", $"SELECT conrelid::regclass || '.' || conname || '.' || contypid, pg_get_constraintdef(o.oid) FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace WHERE contypid = 0 AND {NotSystem}"),
        ("domain constraint", $"SELECT contypid::regtype || '.' || conname, pg_get_constraintdef(o.oid) FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace WHERE contypid <> 0 AND {NotSystem}"),
        ("index", $"SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {NotSystem}"),
        ("view", $"SELECT c.oid::regclass::text, pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND {NotSystem}"),
        ("function", $"SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '') FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p') AND {NotSystem}"),
        ("trigger", "SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"),
        ("enum", "SELECT enumtypid::regtype::text, string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum GROUP BY 1"),
        ("comment", "SELECT pg_describe_object(classoid, objoid, objsubid), description FROM pg_description WHERE objoid >= 16384"),
        ("default rights", "SELECT concat_ws('|', pg_get_userbyid(defaclrole), defaclnamespace::regnamespace, defaclobjtype), defaclacl::text FROM pg_default_acl"),
        ("extension", "SELECT extname, extversion FROM pg_extension"),
        ("large object", "SELECT oid::text, concat_ws('|', md5(lo_get(oid)), pg_get_userbyid(lomowner), lomacl::text) FROM pg_largeobject_metadata"),
    ];

    public static async Task<DatabaseFingerprint> TakeAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        var print = new DatabaseFingerprint();
        foreach (var (what, sql) in Questions) await print.AskAsync(connection, what, sql);
        foreach (var table in await NamesAsync(connection, "'r', 'm'")) await print.AskRowsAsync(connection, table);
        foreach (var sequence in await NamesAsync(connection, "'S'"))
            await print.AskAsync(connection, $"sequence {sequence}", $"SELECT 'value', last_value || '|' || is_called FROM {sequence}");
        return print;
    }

    /// <summary>How many facts were compared; a fingerprint of nothing would equal anything.</summary>
    public int Count => facts.Count;

    public bool Contains(string factStart) => facts.Keys.Any(fact => fact.StartsWith(factStart, StringComparison.Ordinal));

    /// <summary>Empty when both databases hold the same.</summary>
    public IReadOnlyList<string> DifferencesFrom(DatabaseFingerprint other) =>
    [
        .. facts.Where(fact => !other.facts.ContainsKey(fact.Key)).Select(fact => $"only here: {fact.Key}"),
        .. other.facts.Where(fact => !facts.ContainsKey(fact.Key)).Select(fact => $"only there: {fact.Key}"),
        .. facts.Where(fact => other.facts.TryGetValue(fact.Key, out var value) && value != fact.Value)
            .Select(fact => $"{fact.Key}: {fact.Value} ≠ {other.facts[fact.Key]}"),
    ];

    private async Task AskAsync(NpgsqlConnection connection, string what, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) facts[$"{what} {reader.GetValue(0)}"] = reader.IsDBNull(1) ? "" : reader.GetString(1);
    }

    /// <summary>Two independent 64-bit hashes of every row's text, added up: independent of their order, and a table of any size takes one pass.</summary>
    private Task AskRowsAsync(NpgsqlConnection connection, string table) => AskAsync(connection, "rows", $"""
        SELECT '{table.Replace("'", "''")}', concat_ws(' ', count(*), 'rows', sum(hashtextextended(t::text, 1)), sum(hashtextextended(t::text, 2))) FROM {table} t
        """);

    private static async Task<List<string>> NamesAsync(NpgsqlConnection connection, string kinds)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ({kinds}) AND {NotSystem} ORDER BY 1", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await reader.ReadAsync()) names.Add(reader.GetString(0));
        return names;
    }
}
