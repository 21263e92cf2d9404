using Npgsql;
using Vault.Core;

namespace Vault.Adapters.PostgreSql;

/// <summary>One connection of Vault's own to a server. The data itself never passes here: that is the tools' work.</summary>
internal sealed class PgSession : IAsyncDisposable
{
    private const string Application = "vault";
    private readonly NpgsqlConnection connection;
    private readonly PgSettings settings;

    private PgSession(NpgsqlConnection connection, PgSettings settings) => (this.connection, this.settings) = (connection, settings);

    public int Major => connection.PostgreSqlVersion.Major;

    public string Version => connection.PostgreSqlVersion.ToString(2);

    public string Database => settings.Database;

    /// <exception cref="ProblemException">The server cannot be used; the problem says why.</exception>
    public static async Task<PgSession> OpenAsync(PgSettings settings, CancellationToken cancel)
    {
        var connection = new NpgsqlConnection(settings.ConnectionString(Application));
        try
        {
            await connection.OpenAsync(cancel);
            return new PgSession(connection, settings);
        }
        catch (Exception error)
        {
            await connection.DisposeAsync();
            if (error is OperationCanceledException && cancel.IsCancellationRequested) throw;
            throw new ProblemException(PgProblems.FromConnect(error, settings), error);
        }
    }

    /// <summary>A session beside the databases that come and go: a database cannot be renamed from inside.</summary>
    public static async Task<PgSession> OpenMaintenanceAsync(PgSettings settings, string notInside, CancellationToken cancel)
    {
        ProblemException? first = null;
        foreach (var database in new[] { "postgres", settings.Database, "template1" }.Where(name => name != notInside).Distinct())
            try
            {
                return await OpenAsync(settings.For(database), cancel);
            }
            catch (ProblemException error) when (error.Problem.Code is "database-missing" or "permission-denied" or "login-refused")
            {
                first ??= error;
            }

        throw first!;
    }

    public async Task<T> ScalarAsync<T>(string sql, CancellationToken cancel, params object[] arguments)
    {
        await using var command = Command(sql, arguments);
        try
        {
            var value = await command.ExecuteScalarAsync(cancel);
            return value is null or DBNull ? default! : (T)value;
        }
        catch (NpgsqlException error) when (!cancel.IsCancellationRequested)
        {
            throw new ProblemException(PgProblems.FromConnect(error, settings), error);
        }
    }

    public async Task<List<T>> ListAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancel, params object[] arguments)
    {
        await using var command = Command(sql, arguments);
        try
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var rows = new List<T>();
            while (await reader.ReadAsync(cancel)) rows.Add(read(reader));
            return rows;
        }
        catch (NpgsqlException error) when (!cancel.IsCancellationRequested)
        {
            throw new ProblemException(PgProblems.FromConnect(error, settings), error);
        }
    }

    /// <exception cref="PostgresException">As it comes: callers retry on some.</exception>
    public async Task ExecuteRawAsync(string sql, CancellationToken cancel)
    {
        await using var command = Command(sql, []);
        command.CommandTimeout = 0; // creating and dropping databases takes what it takes; cancelling still works
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>All of them or none.</summary>
    /// <exception cref="PostgresException">As it comes: callers retry on some.</exception>
    public async Task ExecuteTogetherAsync(IEnumerable<string> statements, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        foreach (var statement in statements) await ExecuteRawAsync(statement, cancel);
        await transaction.CommitAsync(cancel);
    }

    public async Task ExecuteAsync(string sql, CancellationToken cancel)
    {
        try
        {
            await ExecuteRawAsync(sql, cancel);
        }
        catch (NpgsqlException error) when (!cancel.IsCancellationRequested)
        {
            throw new ProblemException(PgProblems.FromConnect(error, settings), error);
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    public static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"")}\"";

    public static string Literal(string text) =>
        (text.Contains('\\') ? " E'" : "'") + text.Replace("\\", "\\\\").Replace("'", "''") + "'";

    private NpgsqlCommand Command(string sql, object[] arguments)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var argument in arguments) command.Parameters.Add(new NpgsqlParameter { Value = argument });
        return command;
    }
}
