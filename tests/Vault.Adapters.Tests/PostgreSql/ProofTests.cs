using Shouldly;
using Vault.Adapters.PostgreSql;
using Vault.Core.Engines;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

public sealed class ProofTests(OneCluster one) : IClassFixture<OneCluster>
{
    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_whole_dump_is_proved_under_any_slicing_and_a_cut_one_never(string format)
    {
        var database = await one.NewShopAsync(orders: 300);
        var engine = EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!;
        var dump = await Dumping.DumpAsync(engine, one.Cluster.Settings(database), format);
        var whole = Judge(format, dump, _ => dump.Length);
        whole.Problem.ShouldBeNull();
        whole.Tables.Sum(table => table.Rows).ShouldBe(500 + 100 + 300 + 20 + 3, "customers, odd names, orders, scans, and the log of the trigger");
        Judge(format, dump, _ => 1).MustCount(whole.Tables);
        var random = new Random(7);
        for (var i = 0; i < 20; i++) Judge(format, dump, _ => random.Next(1, 5000)).MustCount(whole.Tables);
        foreach (var cut in Enumerable.Range(1, 30).Concat(Enumerable.Range(0, 200).Select(_ => random.Next(1, dump.Length))))
            Judge(format, dump[..^cut], _ => 4096).Problem.ShouldNotBeNull($"{cut} bytes are missing");
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public void Nothing_at_all_is_no_dump(string format) => Judge(format, [], _ => 1).Problem.ShouldNotBeNull();

    [Fact]
    public async Task Bytes_behind_the_end_are_noticed()
    {
        var database = await one.NewShopAsync(orders: 10);
        var engine = EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!;
        foreach (var format in new[] { "plain", "custom" })
        {
            var dump = await Dumping.DumpAsync(engine, one.Cluster.Settings(database), format);
            Judge(format, [.. dump, (byte)'x'], _ => 999).Problem.ShouldNotBeNull();
        }
    }

    private static Judgement Judge(string format, byte[] dump, Func<int, int> slice)
    {
        IDumpProof proof = format == "plain" ? new PlainProof() : new ArchiveProof();
        for (var at = 0; at < dump.Length;)
        {
            var length = Math.Min(slice(at), dump.Length - at);
            proof.Observe(dump.AsSpan(at, length));
            at += length;
        }

        return new Judgement(proof.Conclude(), proof.Tables);
    }

    private sealed record Judgement(Vault.Core.Problem? Problem, IReadOnlyList<TableRows> Tables)
    {
        public void MustCount(IReadOnlyList<TableRows> tables)
        {
            Problem.ShouldBeNull();
            Tables.ShouldBe(tables);
        }
    }
}
