using Npgsql;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>Creates the shadow database, dresses it like the one it replaces, and puts it in its place.</summary>
internal sealed class PgDatabases(PgSession session, PgSettings settings, IRunLog log)
{
    private const int SwapTries = 5;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(300);

    // The locale columns changed their names twice: 15 added the provider, 17 renamed daticulocale.
    private const string LikeSql = """
        SELECT pg_encoding_to_char(encoding), datcollate, datctype, to_jsonb(d) ->> 'datlocprovider',
               coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
               (SELECT spcname FROM pg_tablespace t WHERE t.oid = dattablespace), datname = $2
        FROM pg_database d WHERE datname IN ($1, $2) ORDER BY datname = $1 DESC LIMIT 1
        """;

    public async Task CreateAsync(string shadow, string target, string? origin, CancellationToken cancel)
    {
        var like = await session.ListAsync(LikeSql, row => CreateOptions(row), cancel, target, origin ?? target);
        var options = like.Count > 0 ? like[0] : await DefaultOptionsAsync(cancel);
        await session.ExecuteAsync($"CREATE DATABASE {PgSession.Identifier(shadow)} TEMPLATE template0{options}", cancel);
    }

    public Task DropAsync(string database, CancellationToken cancel) =>
        session.ExecuteAsync($"DROP DATABASE IF EXISTS {PgSession.Identifier(database)} WITH (FORCE)", cancel);

    /// <summary>A CREATE or RENAME of a Vault that was killed goes on in the server, which notices only at its end that nobody waits for it.</summary>
    public async Task EndStatementsOnAsync(string database, CancellationToken cancel)
    {
        while ((await session.ListAsync(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE state = 'active' AND pid <> pg_backend_pid() AND query ~ '^\s*(CREATE|ALTER) DATABASE' AND strpos(query, $1) > 0
            """, row => row.GetBoolean(0), cancel, PgSession.Identifier(database))).Count > 0)
            await Task.Delay(BetweenTries, cancel);
    }

    public Task<bool> ExistsAsync(string database, CancellationToken cancel) =>
        session.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", cancel, database);

    /// <summary>Renames <paramref name="shadow"/> to <paramref name="target"/>, and what stood there to a free name: all or nothing.</summary>
    /// <param name="keptName">Names for what stood there, by number; null when nothing did.</param>
    /// <returns>The name that it is kept under.</returns>
    public async Task<string?> PlaceAsync(string shadow, string target, Func<int, string>? keptName, CancellationToken cancel)
    {
        string[] emptied = keptName is null ? [shadow] : [shadow, target];
        for (var attempt = 1; ; attempt++)
            try
            {
                var kept = keptName is null ? null : await FreeNameAsync(keptName, cancel);
                await RenameAsync(kept is null ? [Rename(shadow, target)] : [Rename(target, kept), Rename(shadow, target)], emptied, cancel);
                return kept;
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.ObjectInUse && attempt < SwapTries)
            {
                log.Write(LogLevel.Warning, $"Sessions came back before the swap; trying again ({attempt} of {SwapTries}).");
                await Task.Delay(BetweenTries, cancel);
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DuplicateDatabase && keptName is not null && attempt < SwapTries)
            {
                // Another restore took the name in between.
            }
            catch (PostgresException error)
            {
                throw new ProblemException(SwapProblem(error, target), error);
            }
    }

    private Problem SwapProblem(PostgresException error, string target) => error.SqlState switch
    {
        PostgresErrorCodes.ObjectInUse => new("target-in-use",
            $"Sessions on \"{target}\" could not be ended, so the restored database was not put in its place; the old one is as it was.",
            "Stop the programs that use it, or restore as a superuser, then restore again."),
        // Of two renames to one name at once, the later meets the index of names.
        PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation => new("target-appeared",
            $"Somebody else created \"{target}\" while the restore ran, so the restored database was not put in its place; theirs is as it was.",
            "Look at it, then restore again if it may be replaced, or choose another name."),
        _ => PgProblems.FromConnect(error, settings),
    };

    /// <summary>Two restores within one second, or a clock that was set back, must not fail over the name.</summary>
    private async Task<string> FreeNameAsync(Func<int, string> keptName, CancellationToken cancel)
    {
        for (var number = 1; ; number++)
            if (keptName(number) is var name && !await ExistsAsync(name, cancel)) return name;
    }

    /// <summary>
    /// RENAME locks the database's name and then waits up to 5 s for its sessions to leave. New ones wait behind the lock, so
    /// ending the old ones meanwhile, from a second session, lets it through even under a pool that reconnects at once.
    /// </summary>
    private async Task RenameAsync(IReadOnlyList<string> renames, string[] emptied, CancellationToken cancel)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var ender = EndSessionsAsync(emptied, done.Token);
        try
        {
            await session.ExecuteTogetherAsync(renames, cancel);
        }
        finally
        {
            await done.CancelAsync();
            await ender;
        }
    }

    private async Task EndSessionsAsync(string[] databases, CancellationToken done)
    {
        try
        {
            await using var second = await PgSession.OpenAsync(settings.For(session.Database), done);
            while (true)
            {
                var ended = await second.ListAsync(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY($1) AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
                    row => row.GetBoolean(0), done, (object)databases);
                if (ended.Count > 0) log.Write(LogLevel.Info, $"Ended {ended.Count} session(s) before the swap.");
                await Task.Delay(TimeSpan.FromMilliseconds(200), done);
            }
        }
        catch (OperationCanceledException)
        {
            // The rename is through.
        }
        catch (ProblemException error)
        {
            log.Write(LogLevel.Warning, $"Sessions could not be ended: {error.Problem.Message}");
        }
    }

    private static string Rename(string from, string to) =>
        $"ALTER DATABASE {PgSession.Identifier(from)} RENAME TO {PgSession.Identifier(to)}";

    private static string CreateOptions(NpgsqlDataReader row)
    {
        var options = $" ENCODING {PgSession.Literal(row.GetString(0))} LC_COLLATE {PgSession.Literal(row.GetString(1))} LC_CTYPE {PgSession.Literal(row.GetString(2))}";
        var provider = row.IsDBNull(3) ? "c" : row.GetString(3);
        var locale = row.IsDBNull(4) ? null : PgSession.Literal(row.GetString(4));
        if (provider == "i" && locale is not null) options += $" LOCALE_PROVIDER icu ICU_LOCALE {locale}";
        if (provider == "b" && locale is not null) options += $" LOCALE_PROVIDER builtin BUILTIN_LOCALE {locale}";
        return options + $" TABLESPACE {PgSession.Identifier(row.GetString(5))}";
    }

    /// <summary>A cluster made with the C locale has SQL_ASCII templates, which would take any bytes for text; dumps are UTF-8 nearly always.</summary>
    private async Task<string> DefaultOptionsAsync(CancellationToken cancel) =>
        await session.ScalarAsync<string>("SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template0'", cancel) == "SQL_ASCII"
            ? " ENCODING 'UTF8'"
            : "";
}
