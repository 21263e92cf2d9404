using System.Diagnostics;
using System.Text;
using Shouldly;
using Vault.Core.Engines;
using Vault.Core.Metadata;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

/// <summary>What a verify can say about the dump in a backup.</summary>
public sealed class StoredProofTests(OneCluster one) : IClassFixture<OneCluster>
{
    private static readonly EngineRegistry Engines = EngineRegistry.Create(EngineOptions.Default);

    [Theory]
    [InlineData("plain")]
    [InlineData("custom")]
    public async Task A_stored_dump_is_proved_whole_with_its_rows_and_a_cut_one_is_not(string format)
    {
        var database = await one.NewShopAsync(orders: 100);
        var tables = new List<TableRows>();
        var dump = await Dumping.DumpAsync(Engines.Find("postgresql")!, one.Cluster.Settings(database), format, null, tables);
        var whole = ProofOf(format, dump);
        whole.Conclude().ShouldBeNull();
        whole.Tables.ShouldBe(tables);
        whole.Seen.ShouldContain(format == "plain" ? "ends with pg_dump's own last lines" : "every data block");
        ProofOf(format, dump[..^20]).Conclude().ShouldNotBeNull();
    }

    [Fact]
    public void A_script_of_another_program_is_not_called_cut()
    {
        var proof = ProofOf("plain", Encoding.UTF8.GetBytes("CREATE TABLE a (b int);\n"));
        proof.Conclude().ShouldBeNull();
        proof.Seen.ShouldContain("no end that could be known");
    }

    [Fact]
    public async Task An_archive_that_is_compressed_inside_counts_no_rows_and_is_whole()
    {
        var database = await one.NewShopAsync(orders: 100);
        using var dumping = Process.Start(new ProcessStartInfo("/usr/lib/postgresql/15/bin/pg_dump", ["-Fc", "-U", PostgresCluster.User, "-h", one.Cluster.SocketFolder, "-p", $"{one.Cluster.Port}", database]) { RedirectStandardOutput = true })!;
        using var archive = new MemoryStream();
        await dumping.StandardOutput.BaseStream.CopyToAsync(archive);
        await dumping.WaitForExitAsync();
        var proof = ProofOf("custom", archive.ToArray());
        proof.Conclude().ShouldBeNull();
        proof.Tables.ShouldBeEmpty();
        ProofOf("custom", archive.ToArray()[..^1]).Conclude().ShouldNotBeNull();
    }

    [Fact]
    public void An_archive_of_a_later_version_is_unknown_and_not_damaged()
    {
        var proof = ProofOf("custom", [.. "PGDMP"u8, 1, 99, 0, 4, 8, 1, 0, 0, 0]);
        proof.Conclude().ShouldBeNull();
        proof.Seen.ShouldContain("does not know");
    }

    [Fact]
    public void Without_a_known_engine_the_format_chooses_and_an_unknown_format_has_no_proof()
    {
        Engines.CreateProof(new BackupMetadata { DumpFormat = "sqlite" })!.Seen.ShouldContain("SQLite");
        Engines.CreateProof(new BackupMetadata { DumpFormat = "custom", Source = new SourceMetadata { Engine = "other" } }).ShouldNotBeNull();
        Engines.CreateProof(new BackupMetadata { DumpFormat = "rdb" }).ShouldBeNull();
        Engines.CreateProof(new BackupMetadata()).ShouldBeNull();
    }

    [Fact]
    public void A_stored_SQLite_file_must_have_the_pages_that_it_says()
    {
        byte[] file = [.. new byte[4096 * 2]];
        "SQLite format 3\0"u8.CopyTo(file);
        (file[16], file[31]) = (0x10, 2);
        var proof = Engines.CreateProof(new BackupMetadata { DumpFormat = "sqlite" })!;
        proof.Observe(file);
        proof.Conclude().ShouldBeNull();
        proof.Seen.ShouldContain("what is in the pages");
        proof.Observe(new byte[4096]);
        proof.Conclude().ShouldNotBeNull();
    }

    private static IDumpProof ProofOf(string format, byte[] dump)
    {
        var proof = Engines.CreateProof(new BackupMetadata { DumpFormat = format, Source = new SourceMetadata { Engine = "postgresql" } })!;
        foreach (var slice in dump.Chunk(5000)) proof.Observe(slice);
        return proof;
    }
}
