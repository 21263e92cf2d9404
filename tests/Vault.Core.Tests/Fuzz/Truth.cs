using System.Security.Cryptography;
using Vault.Core.Formats;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Vault.Core.Tests.Pipeline;

namespace Vault.Core.Tests.Fuzz;

/// <summary>A good backup, small: blocks of 256 bytes and chunks of 64.</summary>
internal sealed record Truth(byte[] Dump, byte[] Compressed, byte[] File, BackupMetadata Metadata)
{
    private const int BlockSize = 256;
    private const int ChunkSize = 64;

    public static byte[] Text { get; } = CompressionTests.Text(1500);

    public static string NameOf(CompressionMethod method, bool isEncrypted) => $"a/b.sql{method.ToSuffix()}{(isEncrypted ? ".enc" : "")}";

    public string Name => NameOf(Metadata.Compression, Metadata.IsEncrypted);

    public byte[] Json { get; } = Metadata.ToJson();

    /// <param name="salt">Given, not random: the same seed gives the same inputs.</param>
    public static Truth Sealed(CompressionMethod method, byte salt = 1)
    {
        var (compressed, sizes) = Compress(method);
        using var writer = SealedWriter.Create(SealedHeader.Create(passwordRounds: 0, ChunkSize, SaltOf(salt)), Sealing.Key);
        var file = Encrypt(writer, compressed);
        var index = method.IsInBlocks() ? new IndexMetadata { BlockSizeBytes = BlockSize, CompressedSizes = sizes, Mac = writer.MacOfIndex(BlockSize, Text.Length, sizes) } : null;
        return new Truth(Text, compressed, file, Describe(method, compressed, file, writer) with { Index = index });
    }

    public static Truth Standard(CompressionMethod method)
    {
        var (compressed, _) = Compress(method);
        using var writer = new StandardWriter(Sealing.Key, [.. Enumerable.Range(0, 16).Select(number => (byte)number)]);
        var file = Encrypt(writer, compressed);
        return new Truth(Text, compressed, file, Describe(method, compressed, file, writer));
    }

    public static Truth Plain(CompressionMethod method)
    {
        var (compressed, _) = Compress(method);
        using var writer = new NoEncryptor();
        return new Truth(Text, compressed, compressed, Describe(method, compressed, compressed, writer));
    }

    public static byte[] Compress(CompressionMethod method, byte[] data) => CompressionTests.CompressAsync(method, 6, data).GetAwaiter().GetResult();

    /// <summary>As if somebody with the right key had made it.</summary>
    public static byte[] Reseal(byte[] compressed, int chunkSize) => Sealing.Seal(compressed, [1000], chunkSize, SaltOf(1));

    private static byte[] SaltOf(byte value) => [.. Enumerable.Repeat(value, SealedFormat.SaltSize)];

    private static (byte[] Compressed, List<int> Sizes) Compress(CompressionMethod method)
    {
        byte[][] blocks = [.. Pieces(method).Select(piece => Compress(method, piece))];
        return ([.. blocks.SelectMany(block => block)], [.. blocks.Select(block => block.Length)]);
    }

    private static IEnumerable<byte[]> Pieces(CompressionMethod method) => method.IsInBlocks() ? Text.Chunk(BlockSize) : [Text];

    private static byte[] Encrypt(IEncryptor writer, byte[] compressed)
    {
        using var file = new MemoryStream();
        byte[] piece = [.. compressed];
        foreach (var part in writer.Encrypt(piece)) file.Write(part.Span);
        foreach (var part in writer.Finish()) file.Write(part.Span);
        return file.ToArray();
    }

    private static BackupMetadata Describe(CompressionMethod method, byte[] compressed, byte[] file, IEncryptor writer) => new()
    {
        BackupId = "0192d1f0-0000-7000-8000-000000000001",
        Job = new JobMetadata { Id = "0192d1f0-0000-7000-8000-000000000002", Name = "Nightly" },
        Source = new SourceMetadata { Name = "Shop", Engine = "postgresql", Databases = ["shop"] },
        DumpFormat = "plain",
        StartedAt = Rig.StartedAt,
        Encryption = new EncryptionMetadata
        {
            Enabled = writer.Format is not null,
            ProfileId = Rig.ProfileId.ToString(),
            KeyFingerprint = Sealing.Key.Fingerprint,
            Format = writer.Format?.ToWord(),
            Iv = writer.Iv is { } iv ? Convert.ToHexStringLower(iv) : null,
            AuthTag = writer.Tag is { } tag ? Convert.ToHexStringLower(tag) : null,
        },
        Compression = method,
        Sizes = new SizesMetadata { Dump = Text.Length, Compressed = compressed.Length, Stored = file.Length },
        Sha256 = new Sha256Metadata { Dump = Convert.ToHexStringLower(SHA256.HashData(Text)), Stored = Convert.ToHexStringLower(SHA256.HashData(file)) },
    };
}
