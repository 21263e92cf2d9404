using System.Security.Cryptography;
using System.Text.Json;
using Shouldly;
using Vault.Core.Keys;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Pipeline;
using Xunit;

namespace Vault.Core.Tests.Formats;

/// <summary>The files of vectors/sealed, which a script made from docs/format.md alone.</summary>
public sealed class SealedVectorTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "vectors", "sealed");

    public static TheoryData<string> Files => [.. Read().Select(vector => vector.File)];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Each_vector_opens_to_its_bytes_or_is_refused_with_its_problem(string name)
    {
        var vector = Read().Single(one => one.File == name);
        using var password = vector.Password is { } text ? Password.From(text) : null;
        var candidate = password is null ? Rig.Candidate("Vector", MasterKey.ParseHex(vector.Key!).Value) : CandidateKey.OfPassword("the password of the vector", password);
        var bytes = await File.ReadAllBytesAsync(Path.Combine(Folder, name), TestContext.Current.CancellationToken);
        var file = Rig.File(name, bytes, metadata: null);
        try
        {
            await using var opened = await BackupOpener.OpenAsync(file, [candidate], new ListLog(), TestContext.Current.CancellationToken);
            var dump = await Rig.ReadAsync(opened);
            vector.Problem.ShouldBeNull();
            Convert.ToHexStringLower(SHA256.HashData(dump)).ShouldBe(vector.Sha256);
            opened.Metadata.Compression.ToWord().ShouldBe(vector.Compression ?? "NONE");
        }
        catch (ProblemException refused)
        {
            Expected(vector.Problem).ShouldContain(refused.Problem.Code, $"{name}: {refused.Problem}");
        }
    }

    [Theory]
    [InlineData("empty.enc", 64)]
    [InlineData("one-byte.enc", 64)]
    [InlineData("chunk.enc", 64)]
    [InlineData("many-chunks.enc", 64)]
    [InlineData("largest-chunk-size.enc", 16 << 20)]
    public async Task The_writer_writes_the_vectors_byte_for_byte(string name, int chunkSize)
    {
        var expected = await File.ReadAllBytesAsync(Path.Combine(Folder, name), TestContext.Current.CancellationToken);
        var (plain, _) = await Sealing.OpenAsync(expected, [1000]);
        Sealing.Seal(plain, [50], chunkSize, expected[16..48]).ShouldBe(expected);
    }

    /// <summary>The file's end is looked at first, so a cut may show before a damage that stands earlier.</summary>
    internal static string[] Expected(string? problem) => problem switch
    {
        "no-key" => ["wrong-key", "wrong-password"],
        "no-seal" => ["metadata-missing"],
        "tag-mismatch" => ["tag-mismatch", "file-truncated", "file-too-long"],
        "file-truncated" or "file-too-long" => ["file-truncated", "tag-mismatch", "file-too-long"],
        null => [],
        _ => [problem],
    };

    internal static List<Vector> Read() =>
        JsonSerializer.Deserialize<List<Vector>>(File.ReadAllText(Path.Combine(Folder, "vectors.json")), JsonSerializerOptions.Web)!;

    internal sealed record Vector(string File, string? Key, string? Password, string? Sha256, string? Compression, string? Problem);
}
