using System.Text;
using Shouldly;
using Vault.Adapters.PostgreSql;
using Vault.Adapters.Sqlite;
using Vault.Core.Engines;
using Vault.Testing.Fuzz;
using Xunit;

namespace Vault.Adapters.Tests.Fuzz;

/// <summary>Whatever a stored dump holds, its proof says yes or "dump-incomplete" and nothing else. <c>scripts/fuzz</c> runs the same for hours.</summary>
public sealed class FuzzTests
{
    private const long SomeBuffers = 32 << 20;
    private const string Script = """"
        --
        -- PostgreSQL database dump
        --

        \restrict abc123

        SET client_encoding = 'UTF8';

        --
        -- Data for Name: orders; Type: TABLE DATA; Schema: public; Owner: ann
        --

        COPY public."odd ""name""" (a, b) FROM stdin;
        1	one
        2	\\.
        \.


        --
        -- PostgreSQL database dump complete
        --

        \unrestrict abc123


        """";

    private static readonly int[] Slices = [100, 777, 4096, 1 << 20];
    private static readonly byte[][] Archives = [.. new byte[] { 12, 14, 15, 16 }.Select(minor => ArchiveBytes.Make(minor))];
    private static readonly byte[] ScriptBytes = Encoding.UTF8.GetBytes(Script);

    [Fact]
    public void An_archive()
    {
        foreach (var archive in Archives) Judge(new ArchiveProof(), archive).ShouldBe("whole");
        var archives = new Mutator(Archives);
        var words = FuzzRun.Run("archive proof", 24, SomeBuffers, random => new FuzzInput(archives.Next(random)), input =>
            $"{Judge(new ArchiveProof(), input.File)}/{Judge(new StoredArchiveProof(), input.File)}");
        words.ShouldContainKey("whole/whole");
        words.ShouldContainKey("dump-incomplete/dump-incomplete");
        words.ShouldContainKey("dump-incomplete/whole", "of a version that is not known nothing can be said");
    }

    [Fact]
    public void An_archive_that_promises_the_same_data_twice_is_not_whole() =>
        Judge(new ArchiveProof(), ArchiveBytes.Make(15, second: 2)).ShouldBe("dump-incomplete");

    [Fact]
    public void A_script()
    {
        Judge(new PlainProof(), ScriptBytes).ShouldBe("whole");
        var scripts = new Mutator(ScriptBytes);
        var words = FuzzRun.Run("script proof", 12, SomeBuffers, random => new FuzzInput(scripts.Next(random)), input =>
            $"{Judge(new PlainProof(), input.File)}/{Judge(new StoredScriptProof(), input.File)}");
        words.ShouldContainKey("dump-incomplete/dump-incomplete");
    }

    [Fact]
    public void A_database_file()
    {
        byte[] file = [.. "SQLite format 3\0"u8, 2, 0, .. new byte[494]];
        file[31] = 1;
        Judge(new SqliteProof([]), file).ShouldBe("whole");
        var files = new Mutator(file);
        FuzzRun.Run("database file proof", 4, SomeBuffers, random => new FuzzInput(files.Next(random)), input => Judge(new SqliteProof([]), input.File));
    }

    private static string Judge(IDumpProof proof, byte[] dump)
    {
        foreach (var slice in dump.Chunk(Slices[dump.Length % Slices.Length])) proof.Observe(slice);
        var problem = proof.Conclude();
        _ = proof.Seen;
        if (proof.Tables.Any(table => table.Rows < 0 || table.Rows > dump.Length))
        {
            throw new FuzzException("more rows than bytes");
        }

        return problem is null or { Code: "dump-incomplete" } ? problem?.Code ?? "whole" : throw new FuzzException($"no problem of the proofs' own: {problem}");
    }
}
