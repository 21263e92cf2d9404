using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Xunit;

namespace Vault.Core.Tests.Metadata;

public sealed class MetadataTests
{
    private const string Iv = "000102030405060708090a0b0c0d0e0f";
    private const string Tag = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

    [Fact]
    public void The_seeds_own_example_is_read()
    {
        var read = Parse($$"""{"encryption":{"enabled":true,"profileId":"uuid-of-profile","iv":"{{Iv}}","authTag":"{{Tag}}"},"compression":"BROTLI","engineVersion":"8.0.33"}""").Value;
        read.IsEncrypted.ShouldBeTrue();
        read.Encryption!.ProfileId.ShouldBe("uuid-of-profile");
        read.Compression.ShouldBe(CompressionMethod.Brotli);
        read.EngineVersion.ShouldBe("8.0.33");
        read.Tables.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"compression":null}""")]
    [InlineData("""{"compression":""}""")]
    [InlineData("""{"compression":"none"}""")]
    public void Absent_compression_means_none(string json) => Parse(json).Value.Compression.ShouldBe(CompressionMethod.None);

    [Fact]
    public void Unknown_fields_are_kept_at_every_level()
    {
        const string Json = """{"version":1,"new":{"a":[1,2]},"job":{"id":"1","name":"n","colour":"red"},"sizes":{"dump":5,"index":7},"sha256":{"dump":"aa","tree":"bb"},"compression":"GZIP"}""";
        var written = JsonNode.Parse(Parse(Json).Value.ToJson())!;
        written["new"]!["a"]![1]!.GetValue<int>().ShouldBe(2);
        written["job"]!["colour"]!.GetValue<string>().ShouldBe("red");
        written["sizes"]!["index"]!.GetValue<int>().ShouldBe(7);
        written["sha256"]!["tree"]!.GetValue<string>().ShouldBe("bb");
    }

    [Fact]
    public void What_is_written_is_read_again_as_it_was()
    {
        var property = Prop.ForAll<NonNull<string>, NonNull<string>, NonNegativeInt>((name, description, size) =>
        {
            var metadata = new BackupMetadata
            {
                Job = new JobMetadata { Id = "1", Name = name.Get },
                Description = description.Get,
                Compression = CompressionMethod.Gzip,
                Sizes = new SizesMetadata { Dump = size.Get },
                StartedAt = DateTimeOffset.UnixEpoch.AddSeconds(size.Get),
                Tables = [new("public.orders", size.Get)],
            };
            var again = BackupMetadata.Parse(metadata.ToJson()).Value;
            return Normal(again.Job!.Name!) == Normal(name.Get) && Normal(again.Description!) == Normal(description.Get)
                && again.Sizes!.Dump == size.Get && again.StartedAt == metadata.StartedAt && again.Tables.SequenceEqual(metadata.Tables);
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), property);

        // A lone surrogate is no text; UTF-8 cannot hold it.
        static string Normal(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("garbage")]
    [InlineData("{\"version\":")]
    [InlineData("{\"version\":\"one\"}")]
    [InlineData("{\"compression\":7}")]
    [InlineData("{\"encryption\":true}")]
    [InlineData("{\"sizes\":{\"dump\":-1}}")]
    [InlineData("{\"sizes\":{\"dump\":1.5}}")]
    [InlineData("{\"version\":1,\"version\":1}")]
    [InlineData("{\"tables\":5}")]
    [InlineData("{\"startedAt\":\"yesterday\"}")]
    public void Garbage_is_refused_in_words(string json) => Parse(json).Problem.ShouldNotBeNull().Code.ShouldBe("metadata-garbage");

    [Fact]
    public void Any_bytes_at_all_are_either_read_or_refused()
    {
        var property = Prop.ForAll<byte[]>(bytes => BackupMetadata.Parse(bytes) is { IsOk: true } or { Problem: not null });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), property);
    }

    [Fact]
    public void Nulls_where_lists_and_parts_should_be_are_their_absence()
    {
        var read = Parse("""{"tables":null,"source":{"databases":null},"job":null,"encryption":null,"sizes":null,"sha256":null}""").Value;
        read.Tables.ShouldBeEmpty();
        read.Source!.Databases.ShouldBeEmpty();
        read.IsEncrypted.ShouldBeFalse();
        Parse("""{"tables":[null,{"name":"a","rows":1}],"source":{"databases":[null,"b"]}}""").Value.Tables.Count.ShouldBe(1);
    }

    [Fact]
    public void An_index_without_its_sizes_is_none()
    {
        Parse($$$"""{"index":{"blockSizeBytes":4194304,"compressedSizes":null,"mac":"{{{new string('0', 64)}}}"}}""").Value.Index.ShouldBeNull();
        Parse("""{"index":{"blockSizeBytes":1,"compressedSizes":[1,2]}}""").Value.Index!.CompressedSizes.ShouldBe([1, 2]);
    }

    [Theory]
    [InlineData("{\"other\":\"\\ud800\"}")]
    [InlineData("{\"sizes\":{\"other\":[{\"deep\":\"\\udc00x\"}]}}")]
    public void Half_a_character_is_refused_in_fields_that_nobody_knows_too(string json) =>
        Parse(json).Problem!.Code.ShouldBe("metadata-garbage");

    [Fact]
    public void Bytes_too_many_to_be_metadata_are_refused() =>
        BackupMetadata.Parse(new byte[(32 << 20) + 1]).Problem!.Code.ShouldBe("metadata-garbage");

    [Theory]
    [InlineData("version", "2", "metadata-version")]
    [InlineData("version", "0", "metadata-version")]
    [InlineData("compression", "\"LZMA\"", "compression-unknown")]
    public void What_a_later_version_wrote_is_named_as_such(string field, string value, string code) =>
        Parse($$"""{"{{field}}":{{value}}}""").Problem!.Code.ShouldBe(code);

    [Theory]
    [InlineData("iv", "", "metadata-iv-malformed")]
    [InlineData("iv", "zz", "metadata-iv-malformed")]
    [InlineData("iv", "000", "metadata-iv-malformed")]
    [InlineData("iv", "0001020304050607", "metadata-iv-length")]
    [InlineData("iv", "000102030405060708090a0b0c0d0e0f10", "metadata-iv-length")]
    [InlineData("authTag", "", "metadata-tag-malformed")]
    [InlineData("authTag", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfef", "metadata-tag-malformed")]
    [InlineData("authTag", "f0f1f2f3", "metadata-tag-length")]
    [InlineData("authTag", "f0f1f2f3f4f5f6f7", "metadata-tag-length")]
    [InlineData("authTag", "f0f1f2f3f4f5f6f7f8f9fafb", "metadata-tag-length")]
    [InlineData("authTag", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff00", "metadata-tag-length")]
    [InlineData("format", "sealed2", "format-unknown")]
    [InlineData("algorithm", "aes-256-cbc", "algorithm-unknown")]
    public void Each_wrong_field_of_the_encryption_has_its_own_problem(string field, string value, string code)
    {
        var json = JsonNode.Parse($$$"""{"encryption":{"enabled":true,"iv":"{{{Iv}}}","authTag":"{{{Tag}}}"}}""")!;
        json["encryption"]![field] = value;
        Parse(json.ToJsonString()).Problem.ShouldNotBeNull().Code.ShouldBe(code);
    }

    [Fact]
    public void An_iv_of_12_bytes_is_read() =>
        Parse($$$"""{"encryption":{"enabled":true,"iv":"{{{Iv[..24]}}}","authTag":"{{{Tag}}}"}}""").IsOk.ShouldBeTrue();

    [Fact]
    public void Iv_and_tag_beside_the_encryption_are_read_as_DBackup_wrote_them_before()
    {
        var read = Parse($$"""{"jobName":"old","sourceType":"postgres","encryptionProfileId":"p1","iv":"{{Iv}}","authTag":"{{Tag}}","databases":["a","b"]}""").Value;
        read.IsEncrypted.ShouldBeTrue();
        read.Encryption!.ProfileId.ShouldBe("p1");
        read.Encryption.Iv.ShouldBe(Iv);
        read.Job!.Name.ShouldBe("old");
        read.Source!.Engine.ShouldBe("postgresql");
        read.Source.Databases.ShouldBe(["a", "b"]);
        Parse($$"""{"iv":"{{Iv}}","authTag":"f0f1f2f3"}""").Problem!.Code.ShouldBe("metadata-tag-length");
    }

    private static Result<BackupMetadata> Parse(string json) => BackupMetadata.Parse(Encoding.UTF8.GetBytes(json));
}
