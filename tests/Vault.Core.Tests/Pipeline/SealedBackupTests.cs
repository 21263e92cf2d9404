using System.Security.Cryptography;
using System.Text;
using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Xunit;

namespace Vault.Core.Tests.Pipeline;

public sealed class SealedBackupTests
{
    public static TheoryData<CompressionMethod> Methods => [.. Enum.GetValues<CompressionMethod>()];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task A_sealed_backup_comes_back_with_its_metadata_and_without(CompressionMethod compression)
    {
        var rig = Sealed(compression, 9_000_000);
        var (file, bytes) = await MakeAsync(rig);
        file.Metadata!.Encryption!.Format.ShouldBe("sealed");
        file.Metadata.Encryption.Iv.ShouldBe(Convert.ToHexStringLower(bytes.AsSpan(16, 32)));
        file.Metadata.Encryption.AuthTag.ShouldBe(Convert.ToHexStringLower(bytes.AsSpan(bytes.Length - 16)));
        file.Metadata.Sizes!.Stored.ShouldBe(bytes.Length);
        foreach (var metadata in new[] { file.Metadata, null })
        {
            await using var opened = await BackupOpener.OpenAsync(file with { Metadata = metadata }, [Rig.RightCandidate], new ListLog(), default);
            (await Rig.ReadAsync(opened)).AsSpan().SequenceEqual(rig.DumpBytes).ShouldBeTrue();
            opened.Format.ShouldBe(EncryptionFormat.Sealed);
            opened.Metadata.Compression.ShouldBe(compression);
            opened.Metadata.DumpFormat.ShouldBe("plain");
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Wrong_metadata_costs_nothing(CompressionMethod compression)
    {
        var rig = Sealed(compression, 200_000);
        var (file, _) = await MakeAsync(rig);
        var (other, _) = await MakeAsync(Sealed(CompressionMethod.Brotli, 70_000));
        var right = file.Metadata!;
        foreach (var (what, wrong) in new (string, BackupMetadata)[]
        {
            ("of another backup", other.Metadata!),
            ("the tag", right with { Encryption = right.Encryption! with { AuthTag = new string('0', 32) } }),
            ("the salt", right with { Encryption = right.Encryption! with { Iv = "no hex" } }),
            ("not encrypted", right with { Encryption = new EncryptionMetadata { Enabled = false } }),
            ("standard", right with { Encryption = right.Encryption! with { Format = "standard" } }),
            ("compression gzip", right with { Compression = CompressionMethod.Gzip }),
            ("compression brotli", right with { Compression = CompressionMethod.Brotli }),
            ("no compression", right with { Compression = CompressionMethod.None }),
            ("sizes", right with { Sizes = new SizesMetadata { Dump = 1, Compressed = 2, Stored = 3 } }),
            ("hashes", right with { Sha256 = new Sha256Metadata { Dump = new string('a', 64), Stored = new string('b', 64) } }),
        })
        {
            await using var opened = await BackupOpener.OpenAsync(file with { Metadata = wrong }, [Rig.RightCandidate], new ListLog(), default);
            (await Rig.ReadAsync(opened)).AsSpan().SequenceEqual(rig.DumpBytes).ShouldBeTrue(what);
        }
    }

    [Fact]
    public async Task The_dump_that_the_catalogue_recorded_must_be_the_one_inside()
    {
        var (file, _) = await MakeAsync(Sealed(CompressionMethod.Gzip, 100_000));
        var recorded = file with { RecordedDumpSha256 = new string('a', 64), Metadata = null };
        await using var opened = await BackupOpener.OpenAsync(recorded, [Rig.RightCandidate], new ListLog(), default);
        (await Should.ThrowAsync<ProblemException>(() => Rig.ReadAsync(opened))).Problem.Code.ShouldBe("backup-exchanged");
    }

    [Fact]
    public async Task A_cut_or_a_longer_file_is_refused_before_a_byte_is_released()
    {
        var (file, bytes) = await MakeAsync(Sealed(CompressionMethod.None, 3 << 20));
        foreach (var length in new[] { bytes.Length - 1, bytes.Length - 16, 96 + (1 << 20) + 16, 96 + 15, 96, 95, 10 })
        {
            var problem = await Rig.RefusedAsync(Rig.File(file.ObjectName, bytes[..length], file.Metadata), Rig.RightCandidate);
            problem.Code.ShouldBeOneOf("file-truncated", "tag-mismatch");
        }

        (await Rig.RefusedAsync(Rig.File(file.ObjectName, [.. bytes, 0], null), Rig.RightCandidate)).Code.ShouldBeOneOf("file-too-long", "file-truncated", "tag-mismatch");
    }

    [Fact]
    public async Task Damage_in_the_middle_releases_what_stands_before_it_and_nothing_else()
    {
        var rig = Sealed(CompressionMethod.None, 5 << 20);
        var (file, bytes) = await MakeAsync(rig);
        bytes[96 + 2 * ((1 << 20) + 16) + 777] ^= 1;
        await using var opened = await BackupOpener.OpenAsync(Rig.File(file.ObjectName, bytes, file.Metadata), [Rig.RightCandidate], new ListLog(), default);
        using var released = new MemoryStream();
        (await Should.ThrowAsync<ProblemException>(() => opened.Dump.CopyToAsync(released))).Problem.Code.ShouldBe("tag-mismatch");
        released.ToArray().AsSpan().SequenceEqual(rig.DumpBytes.AsSpan(0, 2 << 20)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_file_whose_magic_is_gone_is_said_to_be_damaged()
    {
        var (file, bytes) = await MakeAsync(Sealed(CompressionMethod.Gzip, 1000));
        bytes[0] ^= 1;
        (await Rig.RefusedAsync(Rig.File(file.ObjectName, bytes, file.Metadata), Rig.RightCandidate)).Code.ShouldBe("seal-header");
        (await Rig.RefusedAsync(Rig.File(file.ObjectName, bytes, null), Rig.RightCandidate)).Code.ShouldBe("metadata-missing");
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Any_range_of_the_dump_is_read_through_the_index_and_only_its_chunks(CompressionMethod compression)
    {
        var rig = Sealed(compression, 21_000_000);
        var (file, bytes) = await MakeAsync(rig);
        (file.Metadata!.Index is not null).ShouldBe(compression.IsInBlocks());
        var length = rig.DumpBytes.Length;
        foreach (var (from, to) in new[] { (0, 10), (4_194_303, 4_194_305), (12_000_000, 12_000_500), (length - 5, length), (length - 5, length + 5), (length, length + 1), (9_000_000, 9_000_000), (3_000_000, 13_000_000) })
        {
            var read = new CountingFile(bytes);
            await using var part = await DumpRange.OpenAsync(file with { OpenAsync = read.OpenAsync }, [Rig.RightCandidate], from, to, new ListLog(), default);
            using var found = new MemoryStream();
            await part.CopyToAsync(found);
            found.ToArray().AsSpan().SequenceEqual(rig.DumpBytes.AsSpan(Math.Min(from, length), Math.Min(to, length) - Math.Min(from, length))).ShouldBeTrue($"{from}-{to}");
            if (compression != CompressionMethod.Brotli && to - from < 1000)
            {
                read.ReadBytes.ShouldBeLessThan(9L << 20, $"{from}-{to}");
            }
        }
    }

    [Fact]
    public async Task A_forged_index_is_not_believed()
    {
        var rig = Sealed(CompressionMethod.Gzip, 13_000_000);
        var (file, _) = await MakeAsync(rig);
        var index = file.Metadata!.Index!;
        int[] swapped = [index.CompressedSizes[0] + index.CompressedSizes[1], .. index.CompressedSizes.Skip(2), 1];
        foreach (var forged in new IndexMetadata?[] { index with { CompressedSizes = swapped }, index with { BlockSizeBytes = 1 << 20 }, index with { Mac = null }, index with { Mac = "zz" }, index with { BlockSizeBytes = 0 }, null })
        {
            await using var part = await DumpRange.OpenAsync(file with { Metadata = file.Metadata with { Index = forged } }, [Rig.RightCandidate], 9_000_000, 9_000_100, new ListLog(), default);
            using var found = new MemoryStream();
            await part.CopyToAsync(found);
            found.ToArray().ShouldBe(rig.DumpBytes[9_000_000..9_000_100]);
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task A_range_is_of_the_dump_whatever_the_metadata_and_the_name_say_of_its_compression(CompressionMethod compression)
    {
        var rig = Sealed(compression, 5_000_000);
        var (file, _) = await MakeAsync(rig);
        foreach (var metadata in Methods.Select(method => (BackupMetadata?)(file.Metadata! with { Compression = method.Data })).Append(null))
        {
            await using var part = await DumpRange.OpenAsync(file with { Metadata = metadata, ObjectName = "renamed" }, [Rig.RightCandidate], 4_500_000, 4_500_100, new ListLog(), default);
            using var found = new MemoryStream();
            await part.CopyToAsync(found);
            found.ToArray().ShouldBe(rig.DumpBytes[4_500_000..4_500_100]);
        }
    }

    [Fact]
    public async Task A_range_of_a_standard_backup_is_verified_whole_first()
    {
        var rig = new Rig { DumpBytes = CompressionTests.Text(100_000) };
        var (file, bytes) = await MakeAsync(rig);
        await using (var part = await DumpRange.OpenAsync(file, [Rig.RightCandidate], 70_000, 70_010, new ListLog(), default))
        {
            using var found = new MemoryStream();
            await part.CopyToAsync(found);
            found.ToArray().ShouldBe(rig.DumpBytes[70_000..70_010]);
        }

        bytes[^1] ^= 1;
        (await Should.ThrowAsync<ProblemException>(() => DumpRange.OpenAsync(file, [Rig.RightCandidate], 0, 1, new ListLog(), default))).Problem.Code.ShouldBe("tag-mismatch");
    }

    [Fact]
    public async Task A_backup_with_a_password_opens_with_it_and_with_nothing_else()
    {
        using var password = Password.From("correct horse battery");
        var rig = new Rig { Password = password, IsEncrypted = false };
        var (file, bytes) = await MakeAsync(rig);
        file.Metadata!.Encryption!.IsFromPassword.ShouldBe(true);
        SealedHeader.Parse(bytes).Value.Rounds.ShouldBe(600_000);
        Encoding.UTF8.GetString(file.Metadata.ToJson()).ShouldNotContain("horse");
        await using (var opened = await BackupOpener.OpenAsync(file with { Metadata = null }, [Rig.RightCandidate, CandidateKey.OfPassword("the password", password)], new ListLog(), default))
        {
            (await Rig.ReadAsync(opened)).ShouldBe(rig.DumpBytes);
            opened.WasSmartRecovery.ShouldBeFalse();
        }

        using var wrong = Password.From("Correct horse battery");
        (await Rig.RefusedAsync(file, Rig.RightCandidate, CandidateKey.OfPassword("the password", wrong))).Code.ShouldBe("wrong-password");
        (await Rig.RefusedAsync(file, Rig.RightCandidate)).Code.ShouldBe("password-needed");
    }

    [Fact]
    public async Task A_password_is_checked_by_the_header_alone()
    {
        using var password = Password.From("correct horse battery");
        using var wrong = Password.From("Correct horse battery");
        var (file, bytes) = await MakeAsync(new Rig { Password = password, IsEncrypted = false });
        var headerOnly = Rig.File(file.ObjectName, bytes[..SealedHeader.Size], metadata: null);
        Task<Problem?> CheckAsync(BackupFile checkedFile, params CandidateKey[] candidates) => BackupOpener.CheckPasswordAsync(checkedFile, candidates, default);

        (await CheckAsync(headerOnly, Rig.RightCandidate, CandidateKey.OfPassword("the password", password))).ShouldBeNull();
        (await CheckAsync(headerOnly, CandidateKey.OfPassword("another", wrong), CandidateKey.OfPassword("the password", password))).ShouldBeNull();
        (await CheckAsync(headerOnly, Rig.RightCandidate, CandidateKey.OfPassword("another", wrong))).ShouldNotBeNull().Code.ShouldBe("wrong-password");
        (await CheckAsync(headerOnly, Rig.RightCandidate)).ShouldNotBeNull().Code.ShouldBe("password-needed");

        bytes[70] ^= 1;
        (await CheckAsync(file, CandidateKey.OfPassword("the password", password))).ShouldNotBeNull().Code.ShouldBe("tag-mismatch");
        var (withProfile, _) = await MakeAsync(Sealed(CompressionMethod.None, 1000));
        (await CheckAsync(withProfile)).ShouldBeNull("no password belongs to it");
    }

    [Fact]
    public async Task A_source_that_is_too_large_for_standard_is_no_problem_for_sealed()
    {
        var rig = new Rig { Format = EncryptionFormat.Sealed, EstimatedBytes = 200L << 30 };
        await rig.BackUpAsync();
    }

    private static Rig Sealed(CompressionMethod compression, int dumpBytes) => new() { Format = EncryptionFormat.Sealed, Compression = compression, Level = 1, DumpBytes = CompressionTests.Text(dumpBytes) };

    private static async Task<(BackupFile File, byte[] Bytes)> MakeAsync(Rig rig)
    {
        var outcome = await rig.BackUpAsync();
        return (rig.Found(outcome.ObjectName), rig.Store.Objects[outcome.ObjectName]);
    }

    private sealed class CountingFile(byte[] bytes)
    {
        public long ReadBytes { get; private set; }

        public Task<Stream> OpenAsync(long offset, CancellationToken cancel) =>
            Task.FromResult<Stream>(new ObservedStream(Rig.From(bytes, offset), piece => ReadBytes += piece.Length));
    }
}
