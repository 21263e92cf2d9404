using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Vault.Core.Engines;

namespace Vault.Adapters.Sqlite;

/// <summary>
/// One state of a living database, page by page, with no copy on disk. A read transaction keeps the database file from
/// changing under us (rollback journal: no writer commits; WAL: checkpoints stop at our mark, and the log is not begun
/// anew), and pages that stand in the log are read from there.
/// </summary>
internal sealed class SqliteSnapshot : IDisposable
{
    private static readonly TimeSpan TriesLimit = TimeSpan.FromSeconds(1);
    private readonly SqliteConnection connection;
    private readonly WriteAheadLog? log;
    private readonly SqliteFile file;

    private SqliteSnapshot(SqliteConnection connection, WriteAheadLog? log, int pageBytes)
    {
        (this.connection, this.log, PageBytes) = (connection, log, pageBytes);
        file = SqliteFile.OfDatabase(connection);
        PageCount = log is { HasCommit: true } ? log.PageCount : connection.Scalar<long>("PRAGMA page_count");
    }

    public int PageBytes { get; }

    public long PageCount { get; }

    public long SizeBytes => PageCount * PageBytes;

    /// <summary>Whether the read transaction sees exactly the pages that are given out; else they are of a later commit.</summary>
    public bool IsExact { get; private init; }

    public static SqliteSnapshot Begin(SqliteConnection connection)
    {
        var isLogged = connection.Scalar<string>("PRAGMA journal_mode") == "wal";
        var pageBytes = (int)connection.Scalar<long>("PRAGMA page_size");
        connection.Scalar<long>("SELECT count(*) FROM sqlite_schema"); // makes SQLite open the log
        if (!isLogged)
        {
            BeginRead(connection);
            return new SqliteSnapshot(connection, null, pageBytes) { IsExact = true };
        }

        var log = new WriteAheadLog(SqliteFile.OfLog(connection), pageBytes);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            log.Advance();
            var before = log.Mark;
            BeginRead(connection);
            log.Advance();
            // Nothing was committed around the beginning of the transaction: both are of the same commit.
            if (log.Mark == before || watch.Elapsed > TriesLimit) return new SqliteSnapshot(connection, log, pageBytes) { IsExact = log.Mark == before };
            connection.Execute("ROLLBACK");
        }
    }

    /// <summary>The user's sums: SQLite's own check, and the rows of each table, inside the transaction.</summary>
    public IReadOnlyList<TableRows> Examine(string path, IRunLog runLog)
    {
        SqliteIntegrity.Check(connection, path, runLog);
        if (IsExact) return SqliteIntegrity.CountRows(connection);
        runLog.Write(LogLevel.Warning, "The database is written to without a pause: rows were not counted.");
        return [];
    }

    public void Interrupt() => SqliteFile.Interrupt(connection);

    /// <summary>Reads whole pages from <paramref name="firstPage"/> (0-based) on.</summary>
    public void Read(long firstPage, Span<byte> target)
    {
        file.TryRead(target, firstPage * PageBytes); // short at the end when the last pages stand in the log only
        if (log is null) return;
        for (var at = 0; at < target.Length; at += PageBytes)
        {
            var page = (uint)(firstPage + (at / PageBytes) + 1);
            var slot = target.Slice(at, PageBytes);
            if (log.Holds(page) && !log.TryReadPage(page, slot)) file.TryRead(slot, (page - 1) * (long)PageBytes);
        }
    }

    public void Dispose() => connection.Dispose();

    private static void BeginRead(SqliteConnection connection)
    {
        connection.Execute("BEGIN");
        connection.Scalar<long>("SELECT count(*) FROM sqlite_schema"); // BEGIN alone takes no lock
    }
}
