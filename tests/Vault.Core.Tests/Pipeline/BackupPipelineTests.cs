using System.Security.Cryptography;
using System.Text.Json;
using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Xunit;

namespace Vault.Core.Tests.Pipeline;

public sealed class BackupPipelineTests
{
    public static TheoryData<CompressionMethod, bool> Plans() => new()
    {
        { CompressionMethod.None, false }, { CompressionMethod.None, true },
        { CompressionMethod.Gzip, false }, { CompressionMethod.Gzip, true },
        { CompressionMethod.Brotli, false }, { CompressionMethod.Brotli, true },
        { CompressionMethod.Zstd, false }, { CompressionMethod.Zstd, true },
    };

    [Theory]
    [MemberData(nameof(Plans))]
    public async Task A_backup_of_several_blocks_is_stored_with_its_metadata_and_opens_again(CompressionMethod compression, bool isEncrypted)
    {
        var rig = new Rig { DumpBytes = CompressionTests.Text(BlockPool.BlockSize * 3 + 77), Compression = compression, IsEncrypted = isEncrypted };
        var outcome = await rig.BackUpAsync();
        rig.Store.Objects.Keys.Order().ShouldBe([outcome.ObjectName, outcome.ObjectName + ".meta.json"]);
        rig.Store.Partials.ShouldBeEmpty();
        rig.Observed.ShouldBe(rig.DumpBytes.Length);
        rig.Stopped.ShouldBe(1);
        rig.Log.Phases.ShouldBe(["Dumping", "Proving", "Publishing"]);
        await using var opened = await BackupOpener.OpenAsync(rig.Found(outcome.ObjectName), [Rig.RightCandidate], rig.Log, default);
        (await Rig.ReadAsync(opened)).AsSpan().SequenceEqual(rig.DumpBytes).ShouldBeTrue();
        opened.WasSmartRecovery.ShouldBeFalse();
        rig.Log.Lines.ShouldNotContain(line => line.Contains("Smart Recovery"));
    }

    [Fact]
    public async Task The_metadata_says_everything_that_is_known()
    {
        var rig = new Rig();
        var outcome = await rig.BackUpAsync();
        var stored = rig.Store.Objects[outcome.ObjectName];
        var metadata = JsonDocument.Parse(rig.Store.Objects[outcome.ObjectName + ".meta.json"]).RootElement;
        metadata.GetProperty("version").GetInt32().ShouldBe(1);
        metadata.GetProperty("job").GetProperty("name").GetString().ShouldBe("Nightly shop");
        metadata.GetProperty("source").GetProperty("databases")[0].GetString().ShouldBe("shop");
        metadata.GetProperty("engineVersion").GetString().ShouldBe("15.18");
        metadata.GetProperty("dumpFormat").GetString().ShouldBe("plain");
        metadata.GetProperty("compression").GetString().ShouldBe("GZIP");
        metadata.GetProperty("startedBy").GetString().ShouldBe("ann");
        metadata.GetProperty("startedAt").GetDateTimeOffset().ShouldBe(Rig.StartedAt);
        var encryption = metadata.GetProperty("encryption");
        encryption.GetProperty("enabled").GetBoolean().ShouldBeTrue();
        encryption.GetProperty("profileId").GetString().ShouldBe(Rig.ProfileId.ToString());
        encryption.GetProperty("keyFingerprint").GetString().ShouldBe(Rig.Key.Fingerprint);
        encryption.GetProperty("format").GetString().ShouldBe("standard");
        encryption.GetProperty("iv").GetString()!.Length.ShouldBe(32);
        encryption.GetProperty("authTag").GetString()!.Length.ShouldBe(32);
        metadata.GetProperty("sizes").GetProperty("dump").GetInt64().ShouldBe(rig.DumpBytes.Length);
        metadata.GetProperty("sizes").GetProperty("stored").GetInt64().ShouldBe(stored.Length);
        metadata.GetProperty("sha256").GetProperty("dump").GetString().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(rig.DumpBytes)));
        metadata.GetProperty("sha256").GetProperty("stored").GetString().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(stored)));
        metadata.GetProperty("tables")[0].GetProperty("rows").GetInt64().ShouldBe(123);
        System.Text.Encoding.UTF8.GetString(rig.Store.Objects[outcome.ObjectName + ".meta.json"]).ShouldNotContain(Rig.Key.RevealHex());
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public async Task A_script_that_knows_only_the_seed_opens_what_was_written(CompressionMethod compression, bool isEncrypted)
    {
        if (!isEncrypted)
        {
            compression = CompressionMethod.Gzip;
        }

        var rig = new Rig { DumpBytes = CompressionTests.Text(BlockPool.BlockSize + 5000), Compression = compression };
        var outcome = await rig.BackUpAsync();
        var folder = Directory.CreateTempSubdirectory("vault-");
        try
        {
            var path = Path.Combine(folder.FullName, "backup.enc");
            await File.WriteAllBytesAsync(path, rig.Store.Objects[outcome.ObjectName]);
            await File.WriteAllBytesAsync(path + ".meta.json", rig.Store.Objects[outcome.ObjectName + ".meta.json"]);
            (await Node.RunAsync("open.mjs", Rig.Key.RevealHex(), [path], "")).AsSpan().SequenceEqual(rig.DumpBytes).ShouldBeTrue();
        }
        finally { folder.Delete(recursive: true); }
    }

    [Fact]
    public async Task Two_jobs_whose_names_differ_only_in_a_blank_make_two_objects()
    {
        var store = new MemoryStore();
        var one = ObjectNames.ForBackup("a b", Rig.StartedAt, Guid.CreateVersion7(Rig.StartedAt), "sql", CompressionMethod.Gzip, true);
        var two = ObjectNames.ForBackup("a  b", Rig.StartedAt, Guid.CreateVersion7(Rig.StartedAt), "sql", CompressionMethod.Gzip, true);
        one.ShouldNotBe(two);
        await new Rig { Store = store, JobName = "a b" }.BackUpAsync();
        store.Objects.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_object_that_already_has_the_name_is_left_as_it_is()
    {
        var store = new MemoryStore();
        await new Rig { Store = store }.BackUpAsync();
        var before = store.Objects.ToDictionary();
        var refused = await Should.ThrowAsync<ProblemException>(() => new Rig { Store = store }.BackUpAsync());
        refused.Problem.Code.ShouldBe("object-exists");
        store.Objects.ToDictionary().ShouldBe(before);
    }

    [Fact]
    public async Task A_dump_that_is_not_whole_is_not_published() =>
        await NothingIsKeptAsync(new Rig { ProofProblem = new Problem("dump-cut", "The end is missing.", "Again.") }, "dump-cut");

    [Fact]
    public async Task A_tool_that_failed_at_its_end_publishes_nothing() =>
        await NothingIsKeptAsync(new Rig { Complete = () => throw new ProblemException("tool-failed", "pg_dump ended with 1.", "Look.") }, "tool-failed");

    [Fact]
    public async Task An_empty_dump_is_no_backup() => await NothingIsKeptAsync(new Rig { DumpBytes = [] }, "dump-empty");

    [Fact]
    public async Task A_source_that_is_too_large_for_the_standard_format_is_refused_before_anything_starts()
    {
        var rig = new Rig { EstimatedBytes = (32L << 30) + 1 };
        await NothingIsKeptAsync(rig, "standard-limit");
        rig.Store.Calls.ShouldBe(0);
        (await new Rig { EstimatedBytes = (32L << 30) + 1, IsEncrypted = false }.BackUpAsync()).StoredSizeBytes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_dump_that_breaks_off_is_an_error_in_words() =>
        await NothingIsKeptAsync(new Rig { Content = new BreakingStream(BlockPool.BlockSize * 2) }, "dump-failed");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_destination_that_gives_back_other_bytes_keeps_nothing(bool isEncrypted) =>
        await NothingIsKeptAsync(new Rig { IsEncrypted = isEncrypted, Store = new MemoryStore { Reading = (name, bytes) => ObjectNames.IsMetadata(name) ? bytes : Flip(bytes) } }, "read-back-mismatch");

    [Fact]
    public async Task A_destination_that_gives_back_other_metadata_keeps_nothing() =>
        await NothingIsKeptAsync(new Rig { Store = new MemoryStore { Reading = (name, bytes) => ObjectNames.IsMetadata(name) ? [.. bytes, 32] : bytes } }, "read-back-mismatch");

    [Fact]
    public async Task Progress_is_reported_at_most_ten_times_a_second_and_ends_at_the_whole()
    {
        var rig = new Rig { DumpBytes = CompressionTests.Text(BlockPool.BlockSize * 2), Compression = CompressionMethod.None };
        var started = TimeProvider.System.GetTimestamp();
        await rig.BackUpAsync();
        var steps = rig.Log.Steps.ToList();
        steps.ShouldContain(step => step.Done == rig.DumpBytes.Length);
        steps.Count.ShouldBeLessThan(6 + (int)(TimeProvider.System.GetElapsedTime(started).TotalSeconds * 10));
    }

    internal static async Task NothingIsKeptAsync(Rig rig, string code)
    {
        var refused = await Should.ThrowAsync<ProblemException>(() => rig.BackUpAsync());
        refused.Problem.Code.ShouldBe(code);
        rig.Store.Objects.ShouldBeEmpty();
        rig.Store.Partials.ShouldBeEmpty();
        rig.Stopped.ShouldBe(1);
    }

    private static byte[] Flip(byte[] bytes)
    {
        byte[] flipped = [.. bytes];
        flipped[^1] ^= 1;
        return flipped;
    }

    private sealed class BreakingStream(long goodBytes) : ReadOnlyStream
    {
        private long given;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            given += buffer.Length;
            return given <= goodBytes ? ValueTask.FromResult(buffer.Length) : throw new IOException("pipe broke");
        }
    }
}
