using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Xunit;

namespace Vault.Core.Tests.Formats;

public sealed class StandardFormatTests
{
    private static readonly MasterKey Key = MasterKey.Generate();

    [Fact]
    public void What_was_sealed_opens_again_under_any_slicing_of_writes_and_reads()
    {
        var property = Prop.ForAll<byte[], NonEmptyArray<PositiveInt>, NonEmptyArray<PositiveInt>>((plain, writes, reads) =>
        {
            var (file, iv, tag) = Seal(plain, [.. writes.Get.Select(size => size.Get)]);
            using var stream = new StandardStream(new SlicedStream(file, [.. reads.Get.Select(size => size.Get)]), Key, iv, tag);
            var opened = new MemoryStream();
            stream.CopyTo(opened, 7);
            return file.Length == plain.Length && opened.ToArray().SequenceEqual(plain);
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), property);
    }

    [Fact]
    public async Task Every_flipped_bit_of_file_tag_and_iv_is_refused()
    {
        var (file, iv, tag) = Seal(RandomNumberGenerator.GetBytes(67), [13]);
        (await IsRightAsync(file, iv, tag)).ShouldBeTrue();
        foreach (var part in new[] { file, iv, tag })
        {
            for (var bit = 0; bit < part.Length * 8; bit++)
            {
                part[bit / 8] ^= (byte)(1 << (bit % 8));
                (await IsRightAsync(file, iv, tag)).ShouldBeFalse($"bit {bit}");
                part[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Fact]
    public async Task Every_cut_every_added_byte_and_every_swap_is_refused()
    {
        var (file, iv, tag) = Seal(RandomNumberGenerator.GetBytes(80), [80]);
        for (var length = 0; length < file.Length; length++)
        {
            (await IsRightAsync(file[..length], iv, tag)).ShouldBeFalse($"cut to {length}");
        }

        (await IsRightAsync([.. file, 0], iv, tag)).ShouldBeFalse();
        (await IsRightAsync([0, .. file], iv, tag)).ShouldBeFalse();
        (await IsRightAsync([.. file[16..32], .. file[..16], .. file[32..]], iv, tag)).ShouldBeFalse();
        using var other = MasterKey.Generate();
        (await StandardFormat.VerifyAsync(new MemoryStream(file), other, iv, tag, _ => { }, default)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(15)]
    public async Task A_right_tag_that_was_shortened_is_refused(int length)
    {
        var (file, iv, tag) = Seal([1, 2, 3], [3]);
        await Should.ThrowAsync<CryptographicException>(() => StandardFormat.VerifyAsync(new MemoryStream(file), Key, iv, tag[..length], _ => { }, default));
    }

    [Fact]
    public async Task A_file_that_changes_between_the_passes_ends_in_an_error()
    {
        var (file, iv, tag) = Seal(RandomNumberGenerator.GetBytes(5000), [5000]);
        (await IsRightAsync(file, iv, tag)).ShouldBeTrue();
        file[4000] ^= 1;
        await using var stream = new StandardStream(new MemoryStream(file), Key, iv, tag);
        var problem = await Should.ThrowAsync<ProblemException>(() => stream.CopyToAsync(Stream.Null));
        problem.Problem.Code.ShouldBe("file-changed");
    }

    [Fact]
    public void The_writer_stops_before_the_limit_and_names_the_sealed_format()
    {
        using var writer = new StandardWriter(Key, maxSizeBytes: 100);
        writer.Seal(new byte[60]);
        writer.Seal(new byte[40]);
        writer.Seal([]);
        var problem = Should.Throw<ProblemException>(() => writer.Seal(new byte[1])).Problem;
        problem.Code.ShouldBe("standard-limit");
        problem.Next.ShouldContain("sealed");
    }

    [Fact]
    public void The_limit_is_that_of_sp_800_38d() => StandardFormat.MaxSizeBytes.ShouldBe(68_719_476_704);

    [Fact]
    public void Every_writer_takes_a_fresh_iv_of_16_bytes()
    {
        using var one = new StandardWriter(Key);
        using var two = new StandardWriter(Key);
        one.Iv.Length.ShouldBe(16);
        one.Iv.ShouldNotBe(two.Iv);
    }

    private static Task<bool> IsRightAsync(byte[] file, byte[] iv, byte[] tag) => StandardFormat.VerifyAsync(new MemoryStream(file), Key, iv, tag, _ => { }, default);

    private static (byte[] File, byte[] Iv, byte[] Tag) Seal(byte[] plain, int[] slices)
    {
        using var writer = new StandardWriter(Key);
        var file = (byte[])plain.Clone();
        for (var (at, turn) = (0, 0); at < file.Length; turn++)
        {
            var length = Math.Min(slices[turn % slices.Length], file.Length - at);
            writer.Seal(file.AsSpan(at, length));
            at += length;
        }

        writer.Finish();
        return (file, writer.Iv, writer.Tag!);
    }
}
