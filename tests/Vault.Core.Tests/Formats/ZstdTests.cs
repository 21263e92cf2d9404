using System.Diagnostics;
using System.Security.Cryptography;
using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Pipeline;
using Xunit;

namespace Vault.Core.Tests.Formats;

public sealed class ZstdTests
{
    private static readonly byte[] Skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];

    [Theory]
    [InlineData("zstd", "-dc")]
    [InlineData("zstdcat")]
    public async Task Blocks_of_zstd_are_one_file_to_the_zstd_program(string program, params string[] arguments)
    {
        byte[] data = [.. CompressionTests.Text(BlockPool.BlockSize * 2 + 100), .. RandomNumberGenerator.GetBytes(1000)];
        var compressed = await CompressionTests.CompressAsync(CompressionMethod.Zstd, 3, data);
        (await PipeAsync(compressed, program, arguments)).AsSpan().SequenceEqual(data).ShouldBeTrue();
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("-3", "-T0")]
    [InlineData("-19", "--long=27")]
    [InlineData("--ultra", "-22")]
    [InlineData("-3", "--no-check")]
    public async Task Frames_of_the_zstd_program_are_read_one_behind_the_other(params string[] arguments)
    {
        var data = CompressionTests.Text(1_500_000);
        var compressed = await PipeAsync(data, "zstd", ["-c", .. arguments]);
        (await CompressionTests.DecompressAsync(CompressionMethod.Zstd, compressed)).AsSpan().SequenceEqual(data).ShouldBeTrue();
        var ours = await CompressionTests.CompressAsync(CompressionMethod.Zstd, 1, data);
        byte[] threefold = [.. data, .. data, .. data];
        (await CompressionTests.DecompressAsync(CompressionMethod.Zstd, [.. compressed, .. ours, .. compressed])).AsSpan().SequenceEqual(threefold).ShouldBeTrue();
    }

    [Fact]
    public async Task An_empty_dump_is_one_empty_zstd_frame()
    {
        var compressed = await CompressionTests.CompressAsync(CompressionMethod.Zstd, 3, []);
        compressed.Length.ShouldBe(13);
        ZstdHeader.IsSane(compressed).ShouldBeTrue();
        (await CompressionTests.DecompressAsync(CompressionMethod.Zstd, compressed)).ShouldBeEmpty();
        (await PipeAsync(compressed, "zstd", ["-dc"])).ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_zstd_block_carries_its_size_and_its_checksum()
    {
        var compressed = await CompressionTests.CompressAsync(CompressionMethod.Zstd, 3, CompressionTests.Text(BlockPool.BlockSize));
        compressed.AsSpan().StartsWith(Zstd.Magic).ShouldBeTrue();
        const int FourBytesOfSize = 2 << 6;
        const int WindowIsSize = 1 << 5;
        const int Checksum = 1 << 2;
        compressed[4].ShouldBe((byte)(FourBytesOfSize | WindowIsSize | Checksum));
        BitConverter.ToInt32(compressed, 5).ShouldBe(BlockPool.BlockSize);
    }

    [Fact]
    public async Task A_broken_zstd_checksum_is_damage()
    {
        var whole = await CompressionTests.CompressAsync(CompressionMethod.Zstd, 3, CompressionTests.Text(2000));
        for (var at = whole.Length - 4; at < whole.Length; at++)
        {
            byte[] broken = [.. whole];
            broken[at] ^= 1;
            (await CompressionTests.CodeOfAsync(CompressionMethod.Zstd, broken)).ShouldBe("compression-damaged");
        }
    }

    [Fact]
    public async Task Every_flipped_bit_of_a_zstd_frame_is_damage_or_changes_nothing()
    {
        var data = CompressionTests.Text(3000);
        var whole = await CompressionTests.CompressAsync(CompressionMethod.Zstd, 3, data);
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] broken = [.. whole];
            broken[bit / 8] ^= (byte)(1 << bit % 8);
            try
            {
                (await CompressionTests.DecompressAsync(CompressionMethod.Zstd, broken)).AsSpan().SequenceEqual(data).ShouldBeTrue($"bit {bit}");
            }
            catch (ProblemException cause)
            {
                cause.Problem.Code.ShouldBe("compression-damaged");
            }
        }
    }

    [Fact]
    public async Task A_second_zstd_frame_that_was_cut_is_damaged_and_between_the_frames_nothing_is_missing()
    {
        var one = await CompressionTests.CompressAsync(CompressionMethod.Zstd, 3, CompressionTests.Text(500));
        byte[] two = [.. one, .. one];
        (await CompressionTests.DecompressAsync(CompressionMethod.Zstd, two)).Length.ShouldBe(1000);
        for (var length = one.Length + 1; length < two.Length; length++)
        {
            (await CompressionTests.CodeOfAsync(CompressionMethod.Zstd, two[..length])).ShouldBe("compression-damaged", $"cut to {length}");
        }
    }

    [Fact]
    public async Task Skippable_frames_and_dictionaries_are_refused()
    {
        var whole = await CompressionTests.CompressAsync(CompressionMethod.Zstd, 3, CompressionTests.Text(500));
        var withDictionary = new byte[] { 0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 1, 9, 0, 0, 65 };
        foreach (byte[] file in new byte[][] { Skippable, [.. Skippable, .. whole], [.. whole, .. Skippable], [.. whole, .. Skippable, .. whole], withDictionary, [.. whole, .. withDictionary] })
        {
            (await CompressionTests.CodeOfAsync(CompressionMethod.Zstd, file)).ShouldBe("compression-damaged");
        }

        byte[] withoutDictionary = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, 9, 0, 0, 65];
        (await CompressionTests.DecompressAsync(CompressionMethod.Zstd, withoutDictionary)).ShouldBe("A"u8.ToArray());
    }

    [Fact]
    public async Task A_zstd_window_above_128_MiB_is_refused()
    {
        var data = CompressionTests.Text(100_000);
        (await CompressionTests.DecompressAsync(CompressionMethod.Zstd, await PipeAsync(data, "zstd", ["-c", "--long=27"]))).Length.ShouldBe(data.Length);
        (await CompressionTests.CodeOfAsync(CompressionMethod.Zstd, await PipeAsync(data, "zstd", ["-c", "--long=28"]))).ShouldBe("compression-damaged");
        byte[] hostile = [0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 1, 0, 0];
        (await CompressionTests.CodeOfAsync(CompressionMethod.Zstd, hostile)).ShouldBe("compression-damaged");
    }

    [Fact]
    public void A_pooled_block_holds_what_zstd_makes_of_data_that_does_not_shrink() =>
        ((long)Zstd.CompressBound(BlockPool.BlockSize)).ShouldBeLessThanOrEqualTo(BlockPool.Capacity);

    /// <summary>Such a block takes more than a second.</summary>
    [Fact]
    public async Task A_cancel_is_heard_inside_a_block()
    {
        using var stop = new CancellationTokenSource();
        var pool = new BlockPool();
        await using var compressor = CompressionMethod.Zstd.CreateCompressor(pool, 19, stop.Token);
        var block = pool.Rent();
        CompressionTests.Text(BlockPool.BlockSize).CopyTo(block.Buffer, 0);
        block.Length = BlockPool.BlockSize;
        var compressing = compressor.CompressAsync(block);
        stop.CancelAfter(TimeSpan.FromMilliseconds(100));
        await Should.ThrowAsync<OperationCanceledException>(() => compressing);
    }

    [Fact]
    public void Where_the_library_is_missing_the_package_is_named()
    {
        Should.NotThrow(() => Zstd.ThrowIfMissing());
        var problem = Should.Throw<ProblemException>(() => Zstd.ThrowIfMissing("libzstd-missing.so.1")).Problem;
        problem.Code.ShouldBe("zstd-missing");
        problem.Next.ShouldContain("libzstd1");
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("-3")]
    [InlineData("-19", "--long=27")]
    [InlineData("-1", "--no-check")]
    public async Task Zstd_of_the_program_passes_the_look(params string[] arguments)
    {
        foreach (var size in new[] { 0, 1, 255, 256, 70_000, 300_000 })
        {
            var compressed = await PipeAsync(CompressionTests.Text(size), "zstd", ["-c", .. arguments]);
            ZstdHeader.IsSane(compressed).ShouldBeTrue($"size {size}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(19)]
    public async Task Zstd_of_any_level_and_size_passes_the_look(int level)
    {
        foreach (var data in new[] { 0, 1, 255, 256, 257, 70_000, 300_000 }.SelectMany(size => new[] { CompressionTests.Text(size), RandomNumberGenerator.GetBytes(size), new byte[size] }))
        {
            ZstdHeader.IsSane(await CompressionTests.CompressAsync(CompressionMethod.Zstd, level, data)).ShouldBeTrue($"size {data.Length}");
        }
    }

    [Theory]
    [InlineData("28b52ffe 24 00 010000")]
    [InlineData("28b52ffd 2c 00 010000")]
    [InlineData("28b52ffd 25 00 010000")]
    [InlineData("28b52ffd 00 89 010000")]
    [InlineData("28b52ffd 24 00 070000")]
    [InlineData("28b52ffd 24 01 110000")]
    [InlineData("28b52ffd 00 58 090010")]
    [InlineData("28b52ffd 24 00 0100")]
    public void A_header_that_no_frame_has_does_not_pass_the_look(string hex) =>
        ZstdHeader.IsSane(Convert.FromHexString(hex.Replace(" ", ""))).ShouldBeFalse();

    private static async Task<byte[]> PipeAsync(byte[] input, string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        await reading;
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
        return output.ToArray();
    }
}
