using System.Security.Cryptography;
using Shouldly;
using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Xunit;

namespace Vault.Core.Tests.Pipeline;

public sealed class BackupVerifierTests
{
    private static readonly TableRows[] Counted = [new("public.orders", 123)];

    [Theory]
    [InlineData(CompressionMethod.Gzip, true)]
    [InlineData(CompressionMethod.Brotli, true)]
    [InlineData(CompressionMethod.None, true)]
    [InlineData(CompressionMethod.Gzip, false)]
    public async Task A_whole_backup_is_proved_with_its_figures(CompressionMethod compression, bool isEncrypted)
    {
        var rig = new Rig { Compression = compression, IsEncrypted = isEncrypted, DumpBytes = CompressionTests.Text(3_000_000) };
        var (file, bytes) = await MakeAsync(rig);
        var log = new ListLog();
        var verified = await BackupVerifier.VerifyAsync(file, RecordOf(file), [Rig.RightCandidate], _ => new Proof(), log, default);
        verified.StoredSizeBytes.ShouldBe(bytes.Length);
        verified.StoredSha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(bytes)));
        verified.DumpSizeBytes.ShouldBe(rig.DumpBytes.Length);
        verified.DumpSha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(rig.DumpBytes)));
        verified.Tables.ShouldBe(Counted);
        verified.ProfileName.ShouldBe(isEncrypted ? "Shop key" : null);
        log.Lines.ShouldContain("Counted 123 rows in 1 tables.");
        log.Lines.ShouldContain("The end was seen.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_flipped_bit_is_damage_with_the_key_and_without_it(bool isEncrypted)
    {
        var (file, bytes) = await MakeAsync(new Rig { DumpBytes = CompressionTests.Text(60), IsEncrypted = isEncrypted });
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] broken = [.. bytes];
            broken[bit / 8] ^= (byte)(1 << (bit % 8));
            foreach (CandidateKey[] keys in new[] { [Rig.RightCandidate], Array.Empty<CandidateKey>() })
            {
                BackupVerifier.IsDamage(await RefusedAsync(Rig.File(file.ObjectName, broken, file.Metadata), keys)).ShouldBeTrue($"bit {bit}");
            }
        }
    }

    [Fact]
    public async Task A_cut_file_and_a_longer_one_are_damage()
    {
        var (file, bytes) = await MakeAsync(new Rig());
        foreach (var broken in new byte[][] { [], bytes[..^1], [.. bytes, 0] })
        {
            var lying = Rig.File(file.ObjectName, broken, file.Metadata) with { SizeBytes = bytes.Length };
            BackupVerifier.IsDamage(await RefusedAsync(lying, Rig.RightCandidate)).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_key_that_is_not_here_is_no_damage()
    {
        var (file, _) = await MakeAsync(new Rig());
        using var other = MasterKey.Generate();
        foreach (CandidateKey[] keys in new[] { [], [Rig.Candidate("Other", other)], new[] { Rig.Candidate("Other", other), Rig.Candidate("Third", other) } })
        {
            // Without the fingerprint and the name in the metadata, and with nothing recorded either.
            foreach (var found in new[] { file, file with { Metadata = file.Metadata! with { Encryption = file.Metadata.Encryption! with { ProfileId = null, KeyFingerprint = null }, Sha256 = null } } })
            {
                var problem = await RefusedAsync(found, null, keys);
                BackupVerifier.IsMissingKey(problem).ShouldBeTrue(problem.Code);
                BackupVerifier.IsDamage(problem).ShouldBeFalse();
            }
        }
    }

    [Fact]
    public async Task A_destination_that_fails_at_any_byte_of_any_pass_is_no_damage()
    {
        var (file, bytes) = await MakeAsync(new Rig { DumpBytes = CompressionTests.Text(400) });
        for (var pass = 1; pass <= 4; pass++)
        {
            // The first pass reads only what could be the header of a sealed file.
            for (var at = 0; at <= (pass == 1 ? SealedHeader.Size - 1 : bytes.Length); at++)
            {
                var (opened, failsIn, failsAt) = (0, pass, at);
                var failing = file with { OpenAsync = (_, _) => Task.FromResult<Stream>(++opened == failsIn ? new BreakingStream(bytes, failsAt) : new MemoryStream(bytes)) };
                var problem = await RefusedAsync(failing, Rig.RightCandidate);
                problem.Code.ShouldBe("store-failed", $"pass {pass}, byte {at}");
                problem.Message.ShouldContain("the cable is out");
                BackupVerifier.IsDamage(problem).ShouldBeFalse();
            }
        }
    }

    [Fact]
    public async Task A_dump_that_was_cut_before_it_was_stored_is_damage()
    {
        var (file, _) = await MakeAsync(new Rig());
        var problem = await RefusedAsync(file, RecordOf(file), [Rig.RightCandidate], new Proof { Problem = new Problem("dump-incomplete", "It is not stored.", "Start again.") });
        problem.Code.ShouldBe("dump-incomplete");
        problem.Message.ShouldNotContain("not stored", Case.Insensitive, "it is stored, that is the trouble");
        BackupVerifier.IsDamage(problem).ShouldBeTrue();
    }

    [Fact]
    public async Task Rows_that_are_not_those_of_the_metadata_are_named_by_their_table()
    {
        var (file, _) = await MakeAsync(new Rig());
        foreach (var rows in new TableRows[][] { [new("public.orders", 122)], [.. Counted, new("public.more", 1)] })
        {
            var problem = await RefusedAsync(file, RecordOf(file), [Rig.RightCandidate], new Proof { Tables = rows });
            problem.Code.ShouldBe("rows-mismatch");
            problem.Message.ShouldContain("public.");
        }

        await BackupVerifier.VerifyAsync(file, null, [Rig.RightCandidate], _ => new Proof { Tables = [] }, new ListLog(), default);
    }

    [Fact]
    public async Task Metadata_that_is_not_what_the_catalogue_recorded_is_damage()
    {
        var (file, _) = await MakeAsync(new Rig());
        var recorded = RecordOf(file);
        foreach (var other in new[] { recorded with { StoredSha256 = new string('0', 64) }, recorded with { DumpSha256 = new string('0', 64) } })
        {
            (await RefusedAsync(file, other, [Rig.RightCandidate])).Code.ShouldBe("backup-exchanged");
        }

        var (open, _) = await MakeAsync(new Rig { IsEncrypted = false });
        (await RefusedAsync(open, RecordOf(open) with { IsEncrypted = true }, [Rig.RightCandidate])).Code.ShouldBe("backup-exchanged");
    }

    [Fact]
    public async Task A_backup_with_neither_key_nor_checksum_is_never_called_proved()
    {
        var (file, _) = await MakeAsync(new Rig { IsEncrypted = false });
        var problem = await RefusedAsync(file with { Metadata = file.Metadata! with { Sha256 = null } }, null, []);
        problem.Code.ShouldBe("nothing-to-compare");
        BackupVerifier.IsDamage(problem).ShouldBeFalse();
    }

    [Fact]
    public async Task A_dump_that_nobody_here_knows_is_proved_but_for_its_end()
    {
        var (file, _) = await MakeAsync(new Rig());
        var verified = await BackupVerifier.VerifyAsync(file, null, [Rig.RightCandidate], _ => null, new ListLog(), default);
        verified.EndSeen.ShouldContain("could not be looked for");
        verified.Tables.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cancel_ends_it_in_any_pass()
    {
        var (file, bytes) = await MakeAsync(new Rig());
        for (var pass = 1; pass <= 4; pass++)
        {
            using var cancel = new CancellationTokenSource();
            var opened = 0;
            var asked = pass;
            var watched = file with
            {
                OpenAsync = (_, _) =>
                {
                    if (++opened == asked) cancel.Cancel();
                    return Task.FromResult<Stream>(new MemoryStream(bytes));
                },
            };
            await Should.ThrowAsync<OperationCanceledException>(BackupVerifier.VerifyAsync(watched, null, [Rig.RightCandidate], _ => null, new ListLog(), cancel.Token));
        }
    }

    private static async Task<(BackupFile File, byte[] Bytes)> MakeAsync(Rig rig)
    {
        var outcome = await rig.BackUpAsync();
        return (rig.Found(outcome.ObjectName), rig.Store.Objects[outcome.ObjectName]);
    }

    private static RecordedBackup RecordOf(BackupFile file) => new(file.Metadata!.IsEncrypted, file.Metadata.Sha256!.Stored, file.Metadata.Sha256.Dump);

    private static Task<Problem> RefusedAsync(BackupFile file, params CandidateKey[] keys) => RefusedAsync(file, RecordOf(file), keys);

    private static async Task<Problem> RefusedAsync(BackupFile file, RecordedBackup? recorded, CandidateKey[] keys, Proof? proof = null) =>
        (await Should.ThrowAsync<ProblemException>(BackupVerifier.VerifyAsync(file, recorded, keys, _ => proof ?? new Proof(), new ListLog(), default))).Problem;

    private sealed class Proof : IDumpProof
    {
        public Problem? Problem { get; init; }

        public IReadOnlyList<TableRows> Tables { get; init; } = Counted;

        public string Seen => "The end was seen.";

        public void Observe(ReadOnlySpan<byte> bytes) { }

        public Problem? Conclude() => Problem;
    }

    private sealed class BreakingStream(byte[] bytes, int at) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= at ? throw new IOException("the cable is out") : base.ReadAsync(buffer[..(int)Math.Min(buffer.Length, at - Position)], cancellationToken);
    }
}
