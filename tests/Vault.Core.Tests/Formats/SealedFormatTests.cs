using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Xunit;

namespace Vault.Core.Tests.Formats;

public sealed class SealedFormatTests
{
    private static readonly int[] Whole = [int.MaxValue];

    [Fact]
    public void What_was_sealed_in_chunks_opens_again_under_any_slicing_of_writes_and_reads()
    {
        var property = Prop.ForAll<byte[], NonEmptyArray<PositiveInt>, NonEmptyArray<PositiveInt>>((seed, writes, reads) =>
        {
            byte[] plain = [.. seed, .. seed, .. seed, .. seed, .. seed];
            var file = Sealing.Seal(plain, [.. writes.Get.Select(size => size.Get)]);
            var (released, problem) = Sealing.OpenAsync(file, [.. reads.Get.Select(size => size.Get)]).GetAwaiter().GetResult();
            return problem is null && released.SequenceEqual(plain);
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), property);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(64 * 300)]
    public async Task Every_size_around_the_chunk_comes_back_and_has_one_form_only(int size)
    {
        var plain = RandomNumberGenerator.GetBytes(size);
        var salt = RandomNumberGenerator.GetBytes(SealedFormat.SaltSize);
        var file = Sealing.Seal(plain, Whole, salt: salt);
        foreach (var slices in new int[][] { [1], [63], [64], [65], [7, 200, 1] })
        {
            Sealing.Seal(plain, slices, salt: salt).ShouldBe(file);
            (await Sealing.OpenAsync(file, slices)).Released.ShouldBe(plain);
        }

        file.Length.ShouldBe(96 + size + 16 * Math.Max(1, (size + 63) / 64));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(3 << 20)]
    public async Task Chunks_of_a_mebibyte_come_back(int more)
    {
        var plain = RandomNumberGenerator.GetBytes((1 << 20) + more);
        var file = Sealing.Seal(plain, [4 << 20], SealedFormat.ChunkSize);
        var (released, problem) = await Sealing.OpenAsync(file, [65536, 1 << 20]);
        problem.ShouldBeNull();
        released.AsSpan().SequenceEqual(plain).ShouldBeTrue();
    }

    /// <summary>Flips each bit of the file and looks at what comes out: a true beginning, and never a byte behind the damage.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(150)]
    public async Task Every_flipped_bit_of_a_sealed_file_is_refused_and_nothing_behind_it_is_released(int size)
    {
        var plain = RandomNumberGenerator.GetBytes(size);
        var file = Sealing.Seal(plain, Whole);
        for (var bit = 0; bit < file.Length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            var (released, problem) = await Sealing.OpenAsync(file, Whole);
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            problem.ShouldNotBeNull($"bit {bit}");
            var chunk = (bit / 8 - SealedHeader.Size) / (64 + SealedFormat.TagSize);
            released.Length.ShouldBe(bit / 8 < SealedHeader.Size ? 0 : chunk * 64, $"bit {bit}");
            plain.AsSpan().StartsWith(released).ShouldBeTrue($"bit {bit}");
        }
    }

    [Fact]
    public async Task Every_cut_of_a_sealed_file_is_refused()
    {
        var plain = RandomNumberGenerator.GetBytes(200);
        var file = Sealing.Seal(plain, Whole);
        for (var length = 0; length < file.Length; length++)
        {
            var (released, problem) = await Sealing.OpenAsync(file[..length], Whole);
            problem.ShouldNotBeNull($"cut to {length}");
            plain.AsSpan().StartsWith(released).ShouldBeTrue($"cut to {length}");
        }
    }

    /// <summary>All ways to put the chunks of a file together anew, up to as many as it has.</summary>
    [Fact]
    public async Task Every_other_order_of_chunks_is_refused()
    {
        var plain = RandomNumberGenerator.GetBytes(64 * 3 + 5);
        var file = Sealing.Seal(plain, Whole);
        byte[][] chunks = [.. Enumerable.Range(0, 4).Select(i => file[(96 + i * 80)..Math.Min(file.Length, 96 + (i + 1) * 80)])];
        var tried = 0;
        for (var length = 0; length <= 5; length++)
        {
            for (var order = 0; order < (int)Math.Pow(4, length); order++)
            {
                int[] picked = [.. Enumerable.Range(0, length).Select(place => order / (int)Math.Pow(4, place) % 4)];
                if (picked is [0, 1, 2, 3])
                {
                    continue;
                }

                byte[] forged = [.. file[..96], .. picked.SelectMany(i => chunks[i])];
                (await Sealing.OpenAsync(forged, Whole)).Problem.ShouldNotBeNull(string.Join(',', picked));
                tried++;
            }
        }

        tried.ShouldBe(1 + 4 + 16 + 64 + 255 + 1024);
    }

    [Fact]
    public void Two_files_of_one_key_never_share_a_salt()
    {
        using var one = SealedWriter.Create(Sealing.Key);
        using var two = SealedWriter.Create(Sealing.Key);
        one.Iv.ShouldNotBe(two.Iv);
        one.Iv!.Length.ShouldBe(32);
    }

    [Fact]
    public async Task A_reader_asks_no_more_memory_than_a_chunk_that_its_header_may_name()
    {
        var file = Sealing.Seal([1, 2, 3], Whole);
        foreach (var (at, value) in new[] { (12, (byte)0x7f), (12, (byte)0x01), (13, (byte)0xff) })
        {
            byte[] hostile = [.. file];
            hostile[at] = value;
            var before = GC.GetAllocatedBytesForCurrentThread();
            (await Sealing.OpenAsync(hostile, Whole)).Problem!.Code.ShouldBeOneOf("seal-header", "tag-mismatch");
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
        }
    }

    [Fact]
    public void Pbkdf2_gives_its_published_value()
    {
        // RFC 7914 §11: PBKDF2-HMAC-SHA256, "Password", "NaCl", 80000 rounds; the first 32 of its 64 bytes.
        using var password = Password.From("Password");
        using var key = password.Derive("NaCl"u8, 80_000);
        key.RevealHex().ShouldBe("4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
    }

    [Fact]
    public void A_password_says_nothing_of_itself()
    {
        using var password = Password.From("correct horse");
        password.ToString().ShouldBe("password");
        password.Dispose();
        Should.Throw<ObjectDisposedException>(() => password.Derive(new byte[32], 10_000));
    }
}
