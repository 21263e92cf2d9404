using Microsoft.Data.Sqlite;
using Shouldly;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.Sqlite;

public sealed class SqliteDumpTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Source => folder.File("shop % #1?.db");

    private string Copy => folder.File("copy.db");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("wal", 4096)]
    [InlineData("delete", 4096)]
    [InlineData("wal", 512)]
    [InlineData("wal", 65536)]
    [InlineData("truncate", 1024)]
    public async Task A_dump_is_the_same_database(string mode, int pageBytes)
    {
        SqliteFixture.MakeShop(Source, mode, pageBytes: pageBytes);
        var tables = new List<TableRows>();
        await File.WriteAllBytesAsync(Copy, await SqliteFixture.DumpAsync(Source, tables));
        SqliteFixture.HashOf(Copy).ShouldBe(SqliteFixture.HashOf(Source));
        tables.ShouldContain(new TableRows("customers", 5000));
        Whole(Copy);
    }

    [Fact]
    public async Task Rows_that_stand_only_in_the_log_are_in_the_dump()
    {
        using var writer = SqliteFixture.Open(Source);
        writer.Run("PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0; CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, photo BLOB)");
        for (var i = 0; i < 300; i++) writer.Run($"INSERT INTO customers VALUES ({i}, 'x{i}', zeroblob(900))");
        new FileInfo(Source).Length.ShouldBeLessThan(20_000); // all the rest is in the log
        await File.WriteAllBytesAsync(Copy, await SqliteFixture.DumpAsync(Source));
        using var copy = SqliteFixture.Open(Copy);
        copy.Ask<long>("SELECT count(*) FROM customers").ShouldBe(300);
    }

    [Fact]
    public async Task The_log_begun_anew_between_two_reads_does_no_harm()
    {
        SqliteFixture.MakeShop(Source);
        using var writer = SqliteFixture.Open(Source);
        writer.Run("PRAGMA wal_checkpoint(TRUNCATE); UPDATE customers SET name = 'first'; PRAGMA wal_checkpoint(PASSIVE)");
        var turn = 0;
        var dump = await SqliteFixture.DumpAsync(Source, null, () =>
        {
            // The log was wholly moved into the file, so this begins it anew under the reader.
            writer.Run($"UPDATE customers SET name = 'turn {turn++}'; PRAGMA wal_checkpoint(PASSIVE)");
            return Task.CompletedTask;
        });
        turn.ShouldBeGreaterThan(5);
        await File.WriteAllBytesAsync(Copy, dump);
        Whole(Copy);
        using var copy = SqliteFixture.Open(Copy);
        copy.Ask<long>("SELECT count(*) FROM customers WHERE name = 'first'").ShouldBe(5000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_writer_that_never_stops_loses_no_committed_row_and_tears_no_transaction(bool isCheckpointing)
    {
        Prepare();
        using var stop = new CancellationTokenSource();
        long committed = 0;
        var writing = Task.Factory.StartNew(() => Write(isCheckpointing, n => Interlocked.Exchange(ref committed, n), stop.Token), TaskCreationOptions.LongRunning);
        try
        {
            for (var round = 0; round < 15; round++)
            {
                var at = Interlocked.Read(ref committed);
                await Eventually.TrueAsync(() => Interlocked.Read(ref committed) > at + 20, "the writer goes on");
                var before = Interlocked.Read(ref committed);
                File.Delete(Copy);
                await File.WriteAllBytesAsync(Copy, await SqliteFixture.DumpAsync(Source));
                Whole(Copy);
                using var copy = SqliteFixture.Open(Copy);
                var left = copy.Ask<long>("SELECT count(*) FROM a");
                left.ShouldBeGreaterThanOrEqualTo(before);
                copy.Ask<long>("SELECT count(*) FROM b").ShouldBe(left);
                copy.Ask<long>("SELECT n FROM total").ShouldBe(left);
                copy.Ask<long>("SELECT count(*) FROM a JOIN b USING (id)").ShouldBe(left);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await writing;
        }
    }

    [Fact]
    public async Task Nothing_is_written_beside_the_source_while_it_is_dumped()
    {
        SqliteFixture.MakeShop(Source);
        using var open = SqliteFixture.Open(Source);
        open.Ask<long>("SELECT count(*) FROM customers");
        var before = Directory.GetFiles(folder.Path).Order().ToList();
        await SqliteFixture.DumpAsync(Source, null, () =>
        {
            Directory.GetFiles(folder.Path).Order().ShouldBe(before);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_dump_that_is_given_up_lets_the_writers_on()
    {
        SqliteFixture.MakeShop(Source, "delete");
        var dump = await SqliteFixture.Engine.StartDumpAsync(new DumpRequest(SqliteFixture.Settings(Source), "sqlite"), new RecordingLog(), default);
        await dump.Content.ReadExactlyAsync(new byte[1000]);
        await dump.DisposeAsync();
        using var writer = SqliteFixture.Open(Source);
        writer.Run("PRAGMA busy_timeout = 0; DELETE FROM customers");
        writer.Ask<long>("SELECT count(*) FROM customers").ShouldBe(0);
    }

    [Fact]
    public async Task A_damaged_database_is_red()
    {
        SqliteFixture.MakeShop(Source, "delete");
        await using (var file = new FileStream(Source, FileMode.Open))
        {
            file.Position = 5 * 4096;
            file.Write(new byte[4096 * 3]);
        }

        (await Should.ThrowAsync<ProblemException>(() => SqliteFixture.DumpAsync(Source))).Problem.Code.ShouldBe("database-damaged");
    }

    [Fact]
    public async Task A_missing_file_and_a_file_of_something_else_are_told()
    {
        (await SqliteFixture.Engine.CheckAsync(SqliteFixture.Settings(Source), default)).Problem!.Code.ShouldBe("database-missing");
        File.Exists(Source).ShouldBeFalse();
        await File.WriteAllTextAsync(Source, new string('x', 10_000));
        (await SqliteFixture.Engine.CheckAsync(SqliteFixture.Settings(Source), default)).Problem!.Code.ShouldBe("not-sqlite");
        (await Should.ThrowAsync<ProblemException>(() => SqliteFixture.DumpAsync(Source))).Problem.Code.ShouldBe("not-sqlite");
    }

    [Fact]
    public async Task A_cut_dump_is_not_proved()
    {
        SqliteFixture.MakeShop(Source);
        var bytes = await SqliteFixture.DumpAsync(Source);
        foreach (var cut in new[] { 1, 4095, 4096, bytes.Length - 50, bytes.Length })
        {
            var proof = new Vault.Adapters.Sqlite.SqliteProof([]);
            proof.Observe(bytes.AsSpan(0, bytes.Length - cut));
            proof.Conclude().ShouldNotBeNull($"{cut} bytes are missing");
        }
    }

    [Fact]
    public void The_maintained_SQLite_of_the_system_is_used()
    {
        using var connection = SqliteFixture.Open(":memory:");
        Version.Parse(connection.ServerVersion).ShouldBeGreaterThan(new Version(3, 38));
    }

    private void Prepare()
    {
        using var connection = SqliteFixture.Open(Source);
        connection.Run("PRAGMA journal_mode = wal; CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, t TEXT); CREATE TABLE total (n INTEGER); INSERT INTO total VALUES (0)");
        connection.Run("WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 3000) INSERT INTO a SELECT -i, hex(randomblob(200)) FROM g; INSERT INTO b SELECT * FROM a; UPDATE total SET n = 3000");
    }

    private void Write(bool isCheckpointing, Action<long> onCommit, CancellationToken stop)
    {
        using var writer = SqliteFixture.Open(Source);
        writer.Run($"PRAGMA synchronous = off; PRAGMA busy_timeout = 10000; PRAGMA wal_autocheckpoint = {(isCheckpointing ? 20 : 0)}");
        for (var n = 1; !stop.IsCancellationRequested; n++)
        {
            writer.Run($"BEGIN; INSERT INTO a VALUES ({n}, hex(randomblob(300))); UPDATE total SET n = n + 1; INSERT INTO b VALUES ({n}, hex(randomblob(300))); COMMIT");
            onCommit(n);
            stop.WaitHandle.WaitOne(1); // as fast as a busy shop; without a breath the log would outgrow the test's disk
        }
    }

    private static void Whole(string path)
    {
        using var connection = SqliteFixture.Open(path);
        connection.Ask<string>("PRAGMA integrity_check").ShouldBe("ok");
    }
}
