using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Vault.Core.Tests.Pipeline;
using Vault.Testing.Fuzz;
using Xunit;

namespace Vault.Core.Tests.Fuzz;

/// <summary>
/// Whatever lies in a destination: only the formats' own problems come out, nothing hangs, memory is bounded, and no byte is
/// released that was never backed up. <c>scripts/fuzz</c> runs the same for hours.
/// </summary>
public sealed class FuzzTests
{
    /// <summary>A pass has buffers of a MiB here and there; zstd's own memory is counted by <see cref="WatchedDecompressor"/>.</summary>
    private const long SomeBuffers = 32 << 20;

    private static readonly CompressionMethod[] Methods = Enum.GetValues<CompressionMethod>();
    private static readonly Truth[] Seals = [.. Methods.Select(method => Truth.Sealed(method))];
    private static readonly Truth[] Standards = [.. Methods.Select(Truth.Standard)];
    private static readonly Truth[] Plains = [.. Methods.Select(Truth.Plain)];
    private static readonly int[] Slices = [1, 7, 100, 4096];
    private static readonly CandidateKey[] Keys = [Rig.Candidate("Other key", MasterKey.FromBytes(new byte[32])), Rig.Candidate("Shop key", Sealing.Key, Rig.ProfileId)];

    [Fact]
    public void Sealed_chunks()
    {
        var truth = Seals[0];
        var files = new Mutator(truth.File, Truth.Sealed(CompressionMethod.None, salt: 2).File);
        var words = FuzzRun.Run("sealed chunks", 280, SomeBuffers, random => new FuzzInput(files.Mutate(truth.File, random)), input =>
            new Released(truth.Dump).Read(() => Task.FromResult<Stream>(OpenSealed(input.File))));
        words.ShouldContainKey("tag-mismatch");
    }

    [Fact]
    public void A_sealed_backup_with_its_metadata()
    {
        var words = FuzzRun.Run("sealed backup", 40, SomeBuffers, random => Changed(Seals, random), input =>
            new Released(Truth.Text).Read(() => OpenAsync(input)));
        words.ShouldContainKey("read");
    }

    [Fact]
    public void A_standard_backup_with_its_metadata()
    {
        // Nothing says under a key how it was compressed: metadata that lies may give another layer of the file, and no other bytes.
        byte[][] layers = [Truth.Text, .. Standards.SelectMany(truth => new[] { truth.Compressed, truth.File })];
        FuzzRun.Run("standard backup", 20, SomeBuffers, random => Changed(Standards, random), input =>
            new Released(layers).Read(() => OpenAsync(input)));
    }

    [Fact]
    public void A_backup_that_is_not_encrypted() =>
        FuzzRun.Run("plain backup", 20, SomeBuffers, random => Changed(Plains, random), input => new Released().Read(() => OpenAsync(input, isEncrypted: false)));

    /// <summary>Behind right tags stands what a hostile owner of the key put there.</summary>
    [Theory]
    [InlineData(CompressionMethod.None)]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Brotli)]
    [InlineData(CompressionMethod.Zstd)]
    public void Hostile_content_behind_right_tags(CompressionMethod method)
    {
        var contents = new Mutator(Seals[(int)method].Compressed, Seals[((int)method + 1) % Seals.Length].Compressed);
        FuzzRun.Run($"hostile {method}", 20, 64 << 20, Make, input => new Released().Read(() => OpenAsync(input)));

        FuzzInput Make(Random random) => new(Truth.Reseal(contents.Next(random), random.Next(20) == 0 ? 1 << 16 : 64), random.Next(2) == 0 ? null : Seals[(int)method].Json);
    }

    [Fact]
    public void Metadata()
    {
        byte[][] seeds = [.. Seals.Select(truth => truth.Json), .. Standards.Select(truth => truth.Json), .. Fixtures()];
        FuzzRun.Run("metadata", 140, SomeBuffers, random => new FuzzInput(JsonMutator.Mutate(seeds[random.Next(seeds.Length)], random)), input =>
        {
            var read = BackupMetadata.Parse(input.File);
            if (!read.IsOk) return Refusals.Word(read.Problem!);
            return BackupMetadata.Parse(read.Value.ToJson()).IsOk ? "read" : throw new FuzzException("what was read and written again is refused");
        });
    }

    [Theory]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Brotli)]
    [InlineData(CompressionMethod.Zstd)]
    public void A_decompressor_alone(CompressionMethod method)
    {
        var files = new Mutator(Seals[(int)method].Compressed, Truth.Compress(method, new byte[100_000]));
        var words = FuzzRun.Run($"{method}", 90, SomeBuffers, random => new FuzzInput(files.Next(random)), input =>
            new Released().Read(() => Task.FromResult<Stream>(Decompress(method, new HostileStream(input.File, 0, SliceOf(input))))));
        words.ShouldContainKey("compression-damaged");
        words.ShouldContainKey("read");
    }

    [Fact]
    public void The_look_at_the_first_bytes()
    {
        var heads = new Mutator([.. Seals.Select(truth => truth.Compressed), "PGDMP\u0001\u0010\u0000"u8.ToArray(), "SQLite format 3\0"u8.ToArray()]);
        FuzzRun.Run("look", 60, SomeBuffers, random => new FuzzInput(heads.Next(random)), input =>
        {
            var looks = Methods.Count(method => DumpPrefix.LooksRight(input.File, method));
            _ = DumpPrefix.FormatOf(input.File);
            return $"{DumpPrefix.CompressionOf(input.File, CompressionMethod.None).ToWord()} of {looks}";
        });
    }

    [Fact]
    public void A_range_of_a_sealed_dump()
    {
        var words = FuzzRun.Run("range", 30, SomeBuffers, random => Changed(Seals, random), input =>
        {
            var from = input.File.Length * 7919 % Truth.Text.Length;
            return new Released(Truth.Text[from..]).Read(() => DumpRange.OpenAsync(FileOf(input), Keys, from, from + 300, new ListLog(), default));
        });
        words.ShouldContainKey("read");
    }

    [Fact]
    public void A_verify()
    {
        FuzzRun.Run("verify", 20, SomeBuffers, random => Changed(random.Next(2) == 0 ? Seals : Standards, random), input =>
        {
            try
            {
                _ = Released.Now(BackupVerifier.VerifyAsync(FileOf(input), null, Keys, _ => null, new ListLog(), default));
                return "verified";
            }
            catch (ProblemException refused)
            {
                return Refusals.Word(refused);
            }
        });
    }

    /// <summary>File, metadata, or both are changed; sometimes the metadata is gone.</summary>
    private static FuzzInput Changed(Truth[] truths, Random random)
    {
        var truth = truths[random.Next(truths.Length)];
        var files = new Mutator(truth.File, truths[random.Next(truths.Length)].File);
        return random.Next(4) switch
        {
            0 => new FuzzInput(files.Mutate(truth.File, random), truth.Json),
            1 => new FuzzInput(files.Mutate(truth.File, random), random.Next(2) == 0 ? null : JsonMutator.Mutate(truth.Json, random)),
            _ => new FuzzInput(truth.File, JsonMutator.Mutate(truth.Json, random)),
        };
    }

    private static async Task<Stream> OpenAsync(FuzzInput input, bool isEncrypted = true) => (await BackupOpener.OpenAsync(FileOf(input, isEncrypted), Keys, new ListLog(), default)).Dump;

    private static BackupFile FileOf(FuzzInput input, bool isEncrypted = true)
    {
        var read = input.Beside is null ? default : BackupMetadata.Parse(input.Beside);
        var metadata = input.Beside is not null && read.IsOk ? read.Value : null;
        return new BackupFile(Truth.NameOf(CompressionMethod.None, isEncrypted), metadata, (offset, _) => Task.FromResult<Stream>(new HostileStream(input.File, offset, SliceOf(input))), input.File.Length)
        {
            MetadataProblem = read.Problem,
        };
    }

    private static SealedStream OpenSealed(byte[] file)
    {
        var header = SealedHeader.Parse(file).Value;
        using var keys = new SealedKeys(Sealing.Key, header.Salt);
        if (!keys.IsKeyOf(header)) throw new ProblemException("wrong-key", "Wrong key.", "Try another.");
        if (!keys.IsHeaderRight(header)) throw new ProblemException(SealedProblems.HeaderChanged("a test"));
        return new SealedStream(new HostileStream(file, SealedHeader.Size, Slices[file.Length % Slices.Length]), keys, header.ChunkSize);
    }

    private static DecompressStream Decompress(CompressionMethod method, Stream compressed) => new(compressed, new WatchedDecompressor(method switch
    {
        CompressionMethod.Gzip => new GzipDecompressor(),
        CompressionMethod.Brotli => new BrotliDecompressor(),
        _ => new ZstdDecompressor(),
    }));

    private static int SliceOf(FuzzInput input) => Slices[input.File.Length % Slices.Length];

    private static IEnumerable<byte[]> Fixtures() =>
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "fixtures"), "*.meta.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes);
}
