using Microsoft.Data.Sqlite;

namespace Vault.Server.Features.Sample;

/// <summary>Compares two SQLite databases row by row, value by value, type by type; knows nothing of backups.</summary>
internal static class RowComparison
{
    /// <returns>How many rows are equal, and the first difference in words; null when there is none.</returns>
    public static async Task<(long Rows, string? Difference)> CompareAsync(string left, string right, CancellationToken cancel)
    {
        await using var a = await OpenAsync(left, cancel);
        await using var b = await OpenAsync(right, cancel);
        var schema = await CompareQueryAsync(a, b, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name", "schema", cancel);
        if (schema.Difference is not null) return (0, schema.Difference);
        var rows = 0L;
        foreach (var table in await TablesAsync(a, cancel))
        {
            var one = await CompareQueryAsync(a, b, $"SELECT * FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\" ORDER BY 1, 2", table, cancel);
            rows += one.Rows;
            if (one.Difference is not null) return (rows, one.Difference);
        }

        return (rows, null);
    }

    private static async Task<SqliteConnection> OpenAsync(string path, CancellationToken cancel)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        await connection.OpenAsync(cancel);
        return connection;
    }

    private static async Task<List<string>> TablesAsync(SqliteConnection connection, CancellationToken cancel)
    {
        var names = new List<string>();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel)) names.Add(reader.GetString(0));
        return names;
    }

    private static async Task<(long Rows, string? Difference)> CompareQueryAsync(SqliteConnection a, SqliteConnection b, string sql, string what, CancellationToken cancel)
    {
        await using var left = Query(a, sql);
        await using var right = Query(b, sql);
        await using var x = await left.ExecuteReaderAsync(cancel);
        await using var y = await right.ExecuteReaderAsync(cancel);
        var rows = 0L;
        while (true)
        {
            var (hasLeft, hasRight) = (await x.ReadAsync(cancel), await y.ReadAsync(cancel));
            if (!hasLeft && !hasRight) return (rows, null);
            if (hasLeft != hasRight) return (rows, $"{what}: one has {rows} rows, the other more");
            for (var i = 0; i < x.FieldCount; i++)
            {
                if (!IsSame(x.GetValue(i), y.GetValue(i))) return (rows, $"{what}: row {rows + 1} differs in {x.GetName(i)}");
            }

            rows++;
        }
    }

    private static bool IsSame(object left, object right) =>
        left is byte[] x && right is byte[] y ? x.AsSpan().SequenceEqual(y) : left.Equals(right);

    private static SqliteCommand Query(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // A fixed text, or a quoted table name out of sqlite_schema.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
