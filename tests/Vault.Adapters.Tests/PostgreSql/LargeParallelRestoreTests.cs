using System.Diagnostics;
using Shouldly;
using Vault.Core.Engines;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

/// <summary>A database of 300 MB with indexes. How long each way takes is printed and not judged: that depends on the machine.</summary>
public sealed class LargeParallelRestoreTests(OneCluster one, ITestOutputHelper output) : IClassFixture<OneCluster>, IDisposable
{
    private const long LeastDumpBytes = 300_000_000;

    // Four tables of one size, each with a key and an index of text.
    private const string Schema = """
        CREATE TABLE part_{n} AS SELECT g AS id, md5((g * {n})::text) AS word, repeat(md5(g::text), 4) AS text FROM generate_series(1, 450000) g;
        ALTER TABLE part_{n} ADD PRIMARY KEY (id);
        CREATE INDEX ON part_{n} (word);
        CREATE INDEX ON part_{n} (word DESC, id)
        """;

    private readonly IDatabaseEngine engine = EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!;
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Two_connections_bring_300_MB_back_like_one()
    {
        var database = await one.NewDatabaseAsync();
        await Task.WhenAll(Enumerable.Range(1, 4).Select(n => one.Cluster.ExecuteAsync(database, Schema.Replace("{n}", $"{n}"))));
        var before = await DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(database));
        await DumpAsync(database);
        new FileInfo(folder.File("dump")).Length.ShouldBeGreaterThan(LeastDumpBytes);

        // In this order neither way gains from what the one before it left in memory.
        foreach (var (round, connections) in new[] { 1, 2, 2, 1 }.Index())
        {
            var target = $"{database}_{round}";
            var watch = Stopwatch.StartNew();
            await using (var dump = File.OpenRead(folder.File("dump")))
                await engine.RestoreAsync(
                    Dumping.Request(one.Cluster.Settings(database), target, "custom", database) with { ParallelConnections = connections, SpoolFolder = folder.File("spool") },
                    dump, new RecordingLog(), default);
            output.WriteLine($"{new FileInfo(folder.File("dump")).Length / 1e6:0} MB over {connections} connection(s): {watch.Elapsed.TotalSeconds:0.0} s");
            (await DatabaseFingerprint.TakeAsync(one.Cluster.ConnectionString(target))).DifferencesFrom(before).ShouldBeEmpty();
        }
    }

    private async Task DumpAsync(string database)
    {
        await using var file = File.Create(folder.File("dump"));
        await using var dump = await engine.StartDumpAsync(new DumpRequest(one.Cluster.Settings(database), "custom"), new RecordingLog(), default);
        await dump.Content.CopyToAsync(file);
        await dump.CompleteAsync();
    }
}
