using System.Security.Cryptography;
using System.Text.Json;
using Shouldly;
using Vault.Core.Keys;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Xunit;

namespace Vault.Core.Tests.Pipeline;

/// <summary>Files that DBackup 3.2 made itself.</summary>
public sealed class DBackupTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "dbackup");
    private static readonly JsonElement Manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "manifest.json"))).RootElement;

    public static TheoryData<int> Artifacts() => [.. Enumerable.Range(0, Manifest.GetProperty("artifacts").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Artifacts))]
    public async Task Each_file_is_found_by_smart_recovery_and_opens_to_its_dump(int index)
    {
        var artifact = Manifest.GetProperty("artifacts")[index];
        var log = new ListLog();
        using var wrong = MasterKey.Generate();
        using var right = Key();
        await using var opened = await BackupOpener.OpenAsync(await FileAsync(artifact), [Rig.Candidate("Other", wrong), Rig.Candidate("XYZ", right), Rig.Candidate("Third", wrong)], log, default);
        var dump = await Rig.ReadAsync(opened);
        Convert.ToHexStringLower(SHA256.HashData(dump)).ShouldBe(artifact.GetProperty("plaintextSha256").GetString());
        dump.LongLength.ShouldBe(artifact.GetProperty("plaintextBytes").GetInt64());
        log.Lines.ShouldContain("Smart Recovery Successful: Matched key from profile 'XYZ'");
        opened.ProfileName.ShouldBe("XYZ");
        opened.WasSmartRecovery.ShouldBeTrue();
    }

    [Fact]
    public async Task A_custom_archive_that_is_named_sql_is_recognised_by_its_first_bytes()
    {
        using var right = Key();
        foreach (var artifact in Manifest.GetProperty("artifacts").EnumerateArray())
        {
            await using var opened = await BackupOpener.OpenAsync(await FileAsync(artifact), [Rig.Candidate("XYZ", right)], new ListLog(), default);
            opened.Metadata.DumpFormat.ShouldBe(artifact.GetProperty("file").GetString()!.StartsWith("pg-gzip/") ? "custom" : "plain");
            opened.Metadata.Source!.Engine.ShouldBe("postgresql");
            opened.Metadata.Source.Databases.ShouldBe(["shop"]);
            opened.Metadata.StartedBy.ShouldBe("tester");
            opened.Metadata.StartedAt.ShouldNotBeNull();
            opened.Metadata.Job!.Name.ShouldNotBeNullOrEmpty();
        }
    }

    [Theory]
    [MemberData(nameof(Artifacts))]
    public async Task A_wrong_key_alone_is_a_wrong_key_and_no_damage(int index)
    {
        using var wrong = MasterKey.Generate();
        var problem = await Rig.RefusedAsync(await FileAsync(Manifest.GetProperty("artifacts")[index]), Rig.Candidate("Other", wrong));
        problem.Code.ShouldBe("wrong-key");
        problem.Message.ShouldContain("'Other'");
    }

    [Fact]
    public async Task Unknown_fields_of_its_metadata_survive_writing()
    {
        foreach (var artifact in Manifest.GetProperty("artifacts").EnumerateArray())
        {
            var metadata = (await FileAsync(artifact)).Metadata!;
            var written = JsonDocument.Parse(metadata.ToJson()).RootElement;
            written.GetProperty("trigger").GetProperty("actor").GetString().ShouldBe("tester");
            written.GetProperty("checksumMd5").GetString()!.Length.ShouldBe(32);
            BackupMetadata.Parse(metadata.ToJson()).Value.Encryption!.AuthTag.ShouldBe(metadata.Encryption!.AuthTag);
        }
    }

    private static MasterKey Key() => MasterKey.ParseHex(Manifest.GetProperty("master_key_hex").GetString()!).Value;

    private static async Task<BackupFile> FileAsync(JsonElement artifact)
    {
        var path = Path.Combine(Folder, artifact.GetProperty("file").GetString()!);
        var metadata = BackupMetadata.Parse(await File.ReadAllBytesAsync(path + ".meta.json")).Value;
        return new BackupFile(Path.GetFileName(path), metadata, (offset, _) => Task.FromResult(Rig.From(File.ReadAllBytes(path), offset)), new FileInfo(path).Length);
    }
}
