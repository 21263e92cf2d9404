using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Xunit;

namespace Vault.Core.Tests.Pipeline;

public sealed class SmartRecoveryTests
{
    private const string Line = "Smart Recovery Successful: Matched key from profile 'XYZ'";

    public static TheoryData<CompressionMethod, string> Dumps()
    {
        var all = new TheoryData<CompressionMethod, string>();
        foreach (var method in Enum.GetValues<CompressionMethod>())
        {
            all.AddRange(Heads.Keys.Select(kind => new TheoryDataRow<CompressionMethod, string>(method, kind)));
        }

        return all;
    }

    private static Dictionary<string, byte[]> Heads { get; } = new()
    {
        ["sql"] = CompressionTests.Text(4000),
        ["umlauts"] = [.. "-- Größe, 日本語\n"u8, .. CompressionTests.Text(4000)],
        ["custom"] = [.. "PGDMP"u8, .. RandomNumberGenerator.GetBytes(4000)],
        ["sqlite"] = [.. "SQLite format 3\0"u8, .. RandomNumberGenerator.GetBytes(4000)],
        ["rdb"] = [.. "REDIS0011"u8, .. RandomNumberGenerator.GetBytes(4000)],
        ["tar"] = [.. RandomNumberGenerator.GetBytes(257), .. "ustar"u8, .. RandomNumberGenerator.GetBytes(4000)],
        ["zip"] = [.. "PK\u0003\u0004"u8, .. RandomNumberGenerator.GetBytes(4000)],
        ["json"] = [.. "{\"rows\":[1,2,3]}"u8],
    };

    [Theory]
    [MemberData(nameof(Dumps))]
    public async Task The_right_key_is_found_among_others_for_every_kind_of_dump(CompressionMethod compression, string kind)
    {
        var rig = new Rig { DumpBytes = Heads[kind], Compression = compression };
        var outcome = await rig.BackUpAsync();
        using var wrong = MasterKey.Generate();
        await using var opened = await BackupOpener.OpenAsync(WithoutFingerprint(rig.Found(outcome.ObjectName)), [Rig.Candidate("A", wrong), Rig.Candidate("XYZ", Rig.Key), Rig.Candidate("B", wrong)], rig.Log, default);
        (await Rig.ReadAsync(opened)).ShouldBe(rig.DumpBytes);
        rig.Log.Lines.ShouldContain(Line);
    }

    [Theory]
    [InlineData(CompressionMethod.None, 0)]
    [InlineData(CompressionMethod.Gzip, 0)]
    [InlineData(CompressionMethod.Brotli, 5)]
    [InlineData(CompressionMethod.Zstd, 0)]
    public void Random_bytes_do_not_pass_the_look_at_the_first_KiB_or_hardly_ever(CompressionMethod compression, int mostInTenThousand)
    {
        var random = new Random(20261121);
        var head = new byte[DumpPrefix.ReadSize];
        var passed = 0;
        for (var turn = 0; turn < 10_000; turn++)
        {
            random.NextBytes(head);
            passed += DumpPrefix.LooksRight(head, compression) ? 1 : 0;
        }

        passed.ShouldBeLessThanOrEqualTo(mostInTenThousand);
    }

    public static TheoryData<CompressionMethod, EncryptionFormat> MethodsAndFormats()
    {
        var all = new TheoryData<CompressionMethod, EncryptionFormat>();
        foreach (var method in Enum.GetValues<CompressionMethod>())
        {
            all.Add(method, EncryptionFormat.Standard);
            all.Add(method, EncryptionFormat.Sealed);
        }

        return all;
    }

    /// <summary>The file is larger than those that every candidate may verify whole: only the sieve makes it quick.</summary>
    [Theory]
    [MemberData(nameof(MethodsAndFormats))]
    public async Task The_right_one_of_fifty_profiles_is_found_and_the_file_is_not_read_fifty_times(CompressionMethod compression, EncryptionFormat format)
    {
        var dump = new byte[70 << 20];
        new Random(1).NextBytes(dump);
        CompressionTests.Text(100_000).CopyTo(dump, 0);
        var rig = new Rig { DumpBytes = dump, Compression = compression, Level = 1, Format = format };
        var outcome = await rig.BackUpAsync();
        var file = WithoutFingerprint(rig.Found(outcome.ObjectName));
        CandidateKey[] candidates = [.. Enumerable.Range(0, 49).Select(at => Rig.Candidate($"P{at}", MasterKey.Generate())), Rig.Candidate("XYZ", Rig.Key)];
        var readBytes = 0L;
        var counted = file with { OpenAsync = async (offset, cancel) => new ObservedStream(await file.OpenAsync(offset, cancel), piece => readBytes += piece.Length) };
        var clock = Stopwatch.StartNew();
        await using var opened = await BackupOpener.OpenAsync(counted, candidates, rig.Log, default);
        TestContext.Current.TestOutputHelper?.WriteLine($"{format} {compression}: {clock.ElapsedMilliseconds} ms for 50 profiles and {file.SizeBytes >> 20} MiB");
        rig.Log.Lines.ShouldContain(Line);
        // Of a standard file the right key reads all; a wrong one may pass the look at brotli's first bytes.
        readBytes.ShouldBeLessThan(format == EncryptionFormat.Sealed ? 8 << 20 : 4 * file.SizeBytes);
    }

    /// <summary>What decrypts to the look of a dump and is none: only the tag is believed, and the search goes on.</summary>
    [Fact]
    public async Task A_wrong_candidate_that_passes_the_look_does_not_stop_the_search()
    {
        var rig = new Rig { DumpBytes = [.. "PGDMP"u8, .. RandomNumberGenerator.GetBytes(3000)], Compression = CompressionMethod.Brotli, Level = 1 };
        var outcome = await rig.BackUpAsync();
        var file = WithoutFingerprint(rig.Found(outcome.ObjectName));
        var wrong = await KeyThatLooksRightAsync(file);
        await using var opened = await BackupOpener.OpenAsync(file, [Rig.Candidate("Impostor", wrong), Rig.Candidate("XYZ", Rig.Key)], rig.Log, default);
        (await Rig.ReadAsync(opened)).ShouldBe(rig.DumpBytes);
        rig.Log.Lines.ShouldContain(Line);
    }

    private static async Task<MasterKey> KeyThatLooksRightAsync(BackupFile file)
    {
        var head = await file.ReadHeadAsync(DumpPrefix.ReadSize, default);
        var iv = Convert.FromHexString(file.Metadata!.Encryption!.Iv!);
        while (true)
        {
            var key = MasterKey.Generate();
            if (DumpPrefix.LooksRight(StandardFormat.DecryptHead(key, iv, head), CompressionMethod.Brotli))
            {
                return key;
            }

            key.Dispose();
        }
    }

    [Fact]
    public async Task A_named_profile_with_the_right_key_is_no_smart_recovery()
    {
        var (file, _) = await BackupOpenerTests.MakeAsync(new Rig());
        var log = new ListLog();
        using var wrong = MasterKey.Generate();
        await using var opened = await BackupOpener.OpenAsync(file, [Rig.Candidate("A", wrong), Rig.RightCandidate], log, default);
        opened.WasSmartRecovery.ShouldBeFalse();
        opened.ProfileName.ShouldBe("Shop key");
        log.Lines.ShouldNotContain(line => line.Contains("Smart Recovery"));
    }

    [Fact]
    public async Task A_named_profile_whose_key_fails_falls_through_to_the_search()
    {
        var (file, _) = await BackupOpenerTests.MakeAsync(new Rig());
        var log = new ListLog();
        using var wrong = MasterKey.Generate();
        await using var opened = await BackupOpener.OpenAsync(file, [Rig.Candidate("Named", wrong, Rig.ProfileId), Rig.Candidate("XYZ", Rig.Key)], log, default);
        opened.WasSmartRecovery.ShouldBeTrue();
        log.Lines.ShouldContain(Line);
    }

    [Fact]
    public async Task When_nothing_matches_the_error_names_what_was_tried_and_what_to_import()
    {
        var (file, _) = await BackupOpenerTests.MakeAsync(new Rig());
        using var wrong = MasterKey.Generate();
        var problem = await Rig.RefusedAsync(file, Rig.Candidate("A", wrong), Rig.Candidate("B", wrong));
        problem.Code.ShouldBe("no-key-matches");
        problem.Message.ShouldContain("'A', 'B'");
        problem.Next.ShouldContain("'Shop key'");
        problem.Next.ShouldContain(Rig.Key.Fingerprint);
        problem.Next.ShouldContain("Import Key");
        (await Rig.RefusedAsync(file)).Code.ShouldBe("no-key-matches");
        (await Rig.RefusedAsync(file, Rig.Candidate("A", wrong))).Code.ShouldBe("wrong-key");
    }

    [Fact]
    public async Task A_profile_that_cannot_be_opened_does_not_stop_the_search()
    {
        var (file, _) = await BackupOpenerTests.MakeAsync(new Rig());
        var broken = new CandidateKey(Guid.NewGuid(), "Broken", () => throw new ProblemException("value-damaged", "The key is damaged.", "Import it."));
        var log = new ListLog();
        await using var opened = await BackupOpener.OpenAsync(file, [broken, Rig.Candidate("XYZ", Rig.Key)], log, default);
        log.Lines.ShouldContain(Line);
        log.Lines.ShouldContain(line => line.Contains("'Broken'"));
    }

    [Fact]
    public async Task Damage_behind_the_first_KiB_is_told_from_a_wrong_key_by_the_dump_itself()
    {
        var (file, bytes) = await BackupOpenerTests.MakeAsync(new Rig { DumpBytes = [.. CompressionTests.Text(3000), .. RandomNumberGenerator.GetBytes(5000)] });
        bytes[3000] ^= 1;
        using var wrong = MasterKey.Generate();
        var problem = await Rig.RefusedAsync(WithoutFingerprint(file), Rig.Candidate("A", wrong), Rig.Candidate("XYZ", Rig.Key));
        problem.Code.ShouldBe("tag-mismatch");
        problem.Message.ShouldContain("'XYZ'");
    }

    [Fact]
    public async Task Every_key_that_was_opened_is_zeroed_before_the_dump_is_read()
    {
        var (file, _) = await BackupOpenerTests.MakeAsync(new Rig());
        var keys = new List<MasterKey>();
        var candidates = Enumerable.Range(0, 5).Select(at => new CandidateKey(Guid.NewGuid(), $"P{at}", () =>
        {
            keys.Add(at == 3 ? MasterKey.FromBytes(Rig.Key.Bytes) : MasterKey.Generate());
            return keys[^1];
        })).ToList();
        await using var opened = await BackupOpener.OpenAsync(file, candidates, new ListLog(), default);
        (await Rig.ReadAsync(opened)).Length.ShouldBeGreaterThan(0);
        keys.Count.ShouldBe(5);
        foreach (var key in keys)
        {
            Should.Throw<ObjectDisposedException>(() => key.RevealHex());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(11)]
    public void Brotli_of_any_quality_passes_the_look(int quality)
    {
        var compressed = new byte[200_000];
        new BrotliEncoder(quality, 22).Compress(CompressionTests.Text(150_000), compressed, out _, out var written, isFinalBlock: true);
        DumpPrefix.LooksRight(compressed.AsSpan(0, Math.Min(written, DumpPrefix.ReadSize)), CompressionMethod.Brotli).ShouldBeTrue();
    }

    private static BackupFile WithoutFingerprint(BackupFile file) =>
        file with { Metadata = file.Metadata! with { Encryption = file.Metadata.Encryption! with { KeyFingerprint = null, ProfileId = null } } };
}
