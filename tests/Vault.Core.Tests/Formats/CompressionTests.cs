using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Pipeline;
using Xunit;

namespace Vault.Core.Tests.Formats;

public sealed class CompressionTests
{
    public static TheoryData<CompressionMethod, int> Everything()
    {
        var all = new TheoryData<CompressionMethod, int> { { CompressionMethod.None, 0 } };
        all.AddRange(Enumerable.Range(1, 9).Select(level => new TheoryDataRow<CompressionMethod, int>(CompressionMethod.Gzip, level)));
        all.AddRange(Enumerable.Range(0, 10).Select(level => new TheoryDataRow<CompressionMethod, int>(CompressionMethod.Brotli, level)));
        all.AddRange(new[] { 1, 2, 3, 5, 7, 10, 13, 19 }.Select(level => new TheoryDataRow<CompressionMethod, int>(CompressionMethod.Zstd, level)));
        return all;
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public async Task Data_that_does_not_shrink_and_data_that_does_come_back_at_every_level(CompressionMethod method, int level)
    {
        byte[] data = [.. RandomNumberGenerator.GetBytes(BlockPool.BlockSize + 12345), .. Text(3_000_000)];
        var compressed = await CompressAsync(method, level, data);
        (await DecompressAsync(method, compressed)).AsSpan().SequenceEqual(data).ShouldBeTrue();
    }

    [Theory]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Brotli)]
    [InlineData(CompressionMethod.Zstd)]
    public async Task Sizes_at_the_edges_of_a_block_come_back(CompressionMethod method)
    {
        foreach (var size in new[] { 0, 1, BlockPool.BlockSize - 1, BlockPool.BlockSize, BlockPool.BlockSize + 1 })
        {
            var data = Text(size);
            (await DecompressAsync(method, await CompressAsync(method, 1, data))).AsSpan().SequenceEqual(data).ShouldBeTrue($"size {size}");
        }
    }

    [Fact]
    public async Task Blocks_of_gzip_are_one_file_to_gunzip()
    {
        var data = Text(BlockPool.BlockSize * 2 + 100);
        var compressed = await CompressAsync(CompressionMethod.Gzip, 6, data);
        var path = Path.Combine(Path.GetTempPath(), $"vault-{Guid.NewGuid():n}.gz");
        try
        {
            await File.WriteAllBytesAsync(path, compressed);
            using var gunzip = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("gzip", ["-dc", path]) { RedirectStandardOutput = true })!;
            var output = new MemoryStream();
            await gunzip.StandardOutput.BaseStream.CopyToAsync(output);
            await gunzip.WaitForExitAsync();
            gunzip.ExitCode.ShouldBe(0);
            output.ToArray().AsSpan().SequenceEqual(data).ShouldBeTrue();
        }
        finally { File.Delete(path); }
    }

    [Fact]
    public async Task An_empty_dump_is_one_empty_gzip_member()
    {
        var compressed = await CompressAsync(CompressionMethod.Gzip, 6, []);
        compressed.Length.ShouldBe(20);
        (await DecompressAsync(CompressionMethod.Gzip, compressed)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Brotli)]
    [InlineData(CompressionMethod.Zstd)]
    public async Task Data_that_was_cut_anywhere_is_damaged(CompressionMethod method)
    {
        byte[] whole = [.. await CompressAsync(method, 6, Text(2000))];
        for (var length = 0; length < whole.Length; length++)
        {
            (await CodeOfAsync(method, whole[..length])).ShouldBe("compression-damaged", $"cut to {length} of {whole.Length}");
        }
    }

    [Fact]
    public async Task A_second_gzip_member_that_was_cut_is_damaged_and_between_the_members_nothing_is_missing()
    {
        var one = await CompressAsync(CompressionMethod.Gzip, 6, Text(500));
        byte[] two = [.. one, .. one];
        (await DecompressAsync(CompressionMethod.Gzip, two)).Length.ShouldBe(1000);
        for (var length = one.Length + 1; length < two.Length; length++)
        {
            (await CodeOfAsync(CompressionMethod.Gzip, two[..length])).ShouldBe("compression-damaged", $"cut to {length}");
        }
    }

    [Theory]
    [InlineData(CompressionMethod.Gzip, new byte[] { 0 })]
    [InlineData(CompressionMethod.Gzip, new byte[] { 1, 2, 3 })]
    [InlineData(CompressionMethod.Brotli, new byte[] { 0 })]
    [InlineData(CompressionMethod.Brotli, new byte[] { 3 })]
    [InlineData(CompressionMethod.Zstd, new byte[] { 0 })]
    [InlineData(CompressionMethod.Zstd, new byte[] { 0x28 })]
    [InlineData(CompressionMethod.Zstd, new byte[] { 0x28, 0xb5, 0x2f, 0xfd })]
    [InlineData(CompressionMethod.Zstd, new byte[] { 0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0 })]
    public async Task Bytes_behind_the_end_are_damage(CompressionMethod method, byte[] garbage)
    {
        var whole = await CompressAsync(method, 6, Text(2000));
        (await CodeOfAsync(method, [.. whole, .. garbage])).ShouldBe("compression-damaged");
        (await CodeOfAsync(method, [.. whole, .. new byte[300_000]])).ShouldBe("compression-damaged");
    }

    [Fact]
    public async Task A_broken_checksum_or_length_in_a_gzip_trailer_is_damage()
    {
        var whole = await CompressAsync(CompressionMethod.Gzip, 6, Text(2000));
        for (var at = whole.Length - 8; at < whole.Length; at++)
        {
            byte[] broken = [.. whole];
            broken[at] ^= 1;
            (await CodeOfAsync(CompressionMethod.Gzip, broken)).ShouldBe("compression-damaged");
        }
    }

    [Theory]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Brotli)]
    public async Task What_net_itself_compressed_is_read_in_any_slices(CompressionMethod method)
    {
        var data = Text(50_000);
        var compressed = new MemoryStream();
        await using (Stream writer = method == CompressionMethod.Gzip ? new GZipStream(compressed, CompressionLevel.Optimal, true) : new BrotliStream(compressed, CompressionLevel.Optimal, true))
        {
            await writer.WriteAsync(data);
        }

        var property = Prop.ForAll<NonEmptyArray<PositiveInt>, PositiveInt>((reads, buffer) =>
        {
            using var stream = method.Decompress(new SlicedStream(compressed.ToArray(), [.. reads.Get.Select(size => size.Get)]));
            var output = new MemoryStream();
            stream.CopyTo(output, buffer.Get);
            return output.ToArray().AsSpan().SequenceEqual(data);
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(50), property);
    }

    internal static byte[] Text(int size)
    {
        var text = new StringBuilder();
        for (var row = 0; text.Length < size; row++)
        {
            text.Append($"INSERT INTO orders VALUES ({row}, 'customer {row * 7919 % 1000}', {row * 31 % 977}.99);\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, size));
    }

    internal static async Task<byte[]> CompressAsync(CompressionMethod method, int level, byte[] data)
    {
        var pool = new BlockPool();
        await using var compressor = method.CreateCompressor(pool, level, default);
        var tasks = new List<Task<Block>>();
        foreach (var piece in data.Chunk(BlockPool.BlockSize))
        {
            var block = pool.Rent();
            piece.CopyTo(block.Buffer, 0);
            block.Length = piece.Length;
            tasks.Add(compressor.CompressAsync(block));
        }

        var output = new MemoryStream();
        foreach (var task in tasks)
        {
            output.Write((await task).Filled.Span);
        }

        output.Write((await compressor.FinishAsync())?.Filled.ToArray() ?? []);
        return output.ToArray();
    }

    [Theory]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Brotli)]
    [InlineData(CompressionMethod.Zstd)]
    public void Any_data_comes_back_in_any_slices_and_no_cut_and_no_added_byte_is_taken(CompressionMethod method)
    {
        var property = Prop.ForAll<(byte[] Noise, NonNegativeInt Text, NonEmptyArray<PositiveInt> Reads, NonNegativeInt Cut, NonEmptyArray<byte> More)>(given =>
        {
            byte[] data = [.. given.Noise, .. Text(given.Text.Get * 100)];
            var compressed = CompressAsync(method, 1, data).GetAwaiter().GetResult();
            using var stream = method.Decompress(new SlicedStream(compressed, [.. given.Reads.Get.Select(size => size.Get)]));
            var output = new MemoryStream();
            stream.CopyTo(output, 1 + given.Cut.Get);
            return output.ToArray().AsSpan().SequenceEqual(data)
                && CodeOfAsync(method, compressed[..(given.Cut.Get % compressed.Length)]).GetAwaiter().GetResult() == "compression-damaged"
                && CodeOfAsync(method, [.. compressed, .. given.More.Get]).GetAwaiter().GetResult() == "compression-damaged";
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100), property);
    }

    internal static async Task<byte[]> DecompressAsync(CompressionMethod method, byte[] compressed)
    {
        await using var stream = method.Decompress(new MemoryStream(compressed));
        var output = new MemoryStream();
        await stream.CopyToAsync(output);
        return output.ToArray();
    }

    internal static async Task<string> CodeOfAsync(CompressionMethod method, byte[] compressed) =>
        (await Should.ThrowAsync<ProblemException>(() => DecompressAsync(method, compressed))).Problem.Code;
}
