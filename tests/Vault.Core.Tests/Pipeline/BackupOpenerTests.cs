using System.Security.Cryptography;
using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Xunit;

namespace Vault.Core.Tests.Pipeline;

public sealed class BackupOpenerTests
{
    [Theory]
    [InlineData(EncryptionFormat.Standard)]
    [InlineData(EncryptionFormat.Sealed)]
    public async Task Metadata_that_calls_an_encrypted_file_unencrypted_releases_nothing_of_it(EncryptionFormat format)
    {
        var rig = new Rig { Format = format };
        var outcome = await rig.BackUpAsync();
        var bytes = rig.Store.Objects[outcome.ObjectName];
        bytes[0] ^= 1; // of a sealed file whose header is whole, no metadata is believed
        foreach (var lying in new[] { outcome.Metadata with { Encryption = null }, new BackupMetadata() })
        {
            (await Rig.RefusedAsync(Rig.File(outcome.ObjectName, bytes, lying), Rig.RightCandidate)).Code.ShouldBe("backup-exchanged");
        }
    }

    [Fact]
    public async Task Every_flipped_bit_of_a_small_backup_is_refused_before_a_byte_is_released()
    {
        var (file, bytes) = await MakeAsync(new Rig { DumpBytes = CompressionTests.Text(60) });
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] broken = [.. bytes];
            broken[bit / 8] ^= (byte)(1 << (bit % 8));
            (await Rig.RefusedAsync(Rig.File(file.ObjectName, broken, file.Metadata), Rig.RightCandidate)).Code.ShouldBe("tag-mismatch", $"bit {bit}");
        }
    }

    [Fact]
    public async Task Every_flipped_bit_of_the_tag_and_the_iv_is_refused()
    {
        var (file, bytes) = await MakeAsync(new Rig { DumpBytes = CompressionTests.Text(60) });
        var encryption = file.Metadata!.Encryption!;
        for (var bit = 0; bit < 128; bit++)
        {
            foreach (var broken in new[] { encryption with { AuthTag = Flip(encryption.AuthTag!, bit) }, encryption with { Iv = Flip(encryption.Iv!, bit) } })
            {
                var problem = await Rig.RefusedAsync(Rig.File(file.ObjectName, bytes, file.Metadata with { Encryption = broken }), Rig.RightCandidate);
                problem.Code.ShouldBe("tag-mismatch");
            }
        }
    }

    [Fact]
    public async Task A_cut_file_and_a_longer_one_are_named_as_what_they_are()
    {
        var (file, bytes) = await MakeAsync(new Rig());
        (await Rig.RefusedAsync(Rig.File(file.ObjectName, bytes[..^1], file.Metadata), Rig.RightCandidate)).Code.ShouldBe("file-truncated");
        (await Rig.RefusedAsync(Rig.File(file.ObjectName, [], file.Metadata), Rig.RightCandidate)).Code.ShouldBe("file-truncated");
        (await Rig.RefusedAsync(Rig.File(file.ObjectName, [.. bytes, 0], file.Metadata), Rig.RightCandidate)).Code.ShouldBe("file-too-long");
        var lying = new BackupFile(file.ObjectName, file.Metadata, (offset, _) => Task.FromResult(Rig.From(bytes[..^1], offset)), bytes.Length);
        (await Rig.RefusedAsync(lying, Rig.RightCandidate)).Code.ShouldBe("file-truncated");
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(24)]
    public async Task A_short_tag_is_refused_even_when_its_bytes_are_right(int hexDigits)
    {
        var (file, bytes) = await MakeAsync(new Rig());
        var metadata = file.Metadata! with { Encryption = file.Metadata.Encryption! with { AuthTag = file.Metadata.Encryption.AuthTag![..hexDigits] } };
        (await Rig.RefusedAsync(Rig.File(file.ObjectName, bytes, metadata), Rig.RightCandidate)).Code.ShouldBe("metadata-tag-length");
    }

    [Fact]
    public async Task Metadata_of_another_backup_is_refused()
    {
        var (one, bytes) = await MakeAsync(new Rig());
        var (two, _) = await MakeAsync(new Rig());
        two.Metadata!.Sizes.ShouldBe(one.Metadata!.Sizes);
        (await Rig.RefusedAsync(Rig.File(one.ObjectName, bytes, two.Metadata), Rig.RightCandidate)).Code.ShouldBe("tag-mismatch");
    }

    [Fact]
    public async Task Missing_metadata_is_said_with_the_name_of_the_file_to_look_for()
    {
        var (file, bytes) = await MakeAsync(new Rig());
        var problem = await Rig.RefusedAsync(Rig.File(file.ObjectName, bytes, null), Rig.RightCandidate);
        problem.Code.ShouldBe("metadata-missing");
        problem.Message.ShouldContain(file.ObjectName + ".meta.json");
    }

    [Fact]
    public async Task A_backup_that_is_not_encrypted_is_checked_by_its_hash_first()
    {
        var (file, bytes) = await MakeAsync(new Rig { IsEncrypted = false });
        byte[] broken = [.. bytes];
        broken[^20] ^= 1;
        (await Rig.RefusedAsync(Rig.File(file.ObjectName, broken, file.Metadata))).Code.ShouldBe("hash-mismatch");
    }

    [Fact]
    public async Task A_dump_that_is_not_the_one_described_ends_in_an_error()
    {
        var rig = new Rig();
        var (file, bytes) = await MakeAsync(rig);
        var other = Convert.ToHexStringLower(SHA256.HashData([1]));
        foreach (var metadata in new[]
        {
            file.Metadata! with { Sha256 = file.Metadata!.Sha256! with { Dump = other } },
            file.Metadata! with { Sizes = file.Metadata!.Sizes! with { Dump = rig.DumpBytes.Length - 1 } },
            file.Metadata! with { Sizes = file.Metadata!.Sizes! with { Dump = rig.DumpBytes.Length + 1 } },
        })
        {
            await using var opened = await BackupOpener.OpenAsync(Rig.File(file.ObjectName, bytes, metadata), [Rig.RightCandidate], new ListLog(), default);
            (await Should.ThrowAsync<ProblemException>(() => Rig.ReadAsync(opened))).Problem.Code.ShouldBe("dump-mismatch");
        }
    }

    [Fact]
    public async Task A_file_that_changes_after_it_was_verified_ends_in_an_error()
    {
        foreach (var isEncrypted in new[] { true, false })
        {
            var (file, bytes) = await MakeAsync(new Rig { IsEncrypted = isEncrypted, Compression = CompressionMethod.None });
            await using var opened = await BackupOpener.OpenAsync(Rig.File(file.ObjectName, bytes, file.Metadata! with { Sha256 = new Sha256Metadata { Stored = file.Metadata!.Sha256!.Stored } }), [Rig.RightCandidate], new ListLog(), default);
            bytes[5000] ^= 1;
            (await Should.ThrowAsync<ProblemException>(() => Rig.ReadAsync(opened))).Problem.Code.ShouldBe("file-changed");
        }
    }

    /// <summary>
    /// Without a check of its own, pass two would decrypt whatever stands there now: GCM counts, so who knows the plaintext
    /// writes any other in its place, psql runs "\! command", and the tag's failure at the end comes too late.
    /// </summary>
    [Theory]
    [InlineData(true, 3_000_000)]
    [InlineData(true, 70)]
    [InlineData(false, 3_000_000)]
    [InlineData(false, 70)]
    public async Task What_a_writer_of_the_destination_changes_after_the_proof_is_never_released(bool isEncrypted, int dumpBytes)
    {
        var rig = new Rig { DumpBytes = CompressionTests.Text(dumpBytes), IsEncrypted = isEncrypted, Compression = CompressionMethod.None };
        foreach (var at in new[] { 0, dumpBytes / 2, dumpBytes - 30 })
        {
            var (file, bytes) = await MakeAsync(new Rig { DumpBytes = rig.DumpBytes, IsEncrypted = isEncrypted, Compression = CompressionMethod.None });
            await using var opened = await BackupOpener.OpenAsync(file, [Rig.RightCandidate], new ListLog(), default);
            var wish = "\n\\! touch /tmp/owned\n"u8.ToArray();
            for (var i = 0; i < wish.Length; i++)
            {
                bytes[at + i] ^= (byte)(rig.DumpBytes[at + i] ^ wish[i]);
            }

            using var released = new MemoryStream();
            var refused = await Should.ThrowAsync<ProblemException>(() => opened.Dump.CopyToAsync(released));
            refused.Problem.Code.ShouldBe("file-changed");
            rig.DumpBytes.AsSpan().StartsWith(released.ToArray()).ShouldBeTrue($"forged at {at}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_grows_or_shrinks_after_the_proof_ends_in_an_error(bool isEncrypted)
    {
        foreach (var change in new Func<byte[], byte[]>[] { bytes => bytes[..^1], bytes => bytes[..ProvedBytes.ChunkSize], bytes => [.. bytes, 0], _ => [] })
        {
            var (file, bytes) = await MakeAsync(new Rig { DumpBytes = CompressionTests.Text(2 * ProvedBytes.ChunkSize)[..(2 * ProvedBytes.ChunkSize)], IsEncrypted = isEncrypted, Compression = CompressionMethod.None });
            var present = bytes;
            await using var opened = await BackupOpener.OpenAsync(file with { OpenAsync = (_, _) => Task.FromResult<Stream>(new LatestStream(() => present)) }, [Rig.RightCandidate], new ListLog(), default);
            present = change(bytes);
            (await Should.ThrowAsync<ProblemException>(() => Rig.ReadAsync(opened))).Problem.Code.ShouldBe("file-changed");
        }
    }

    [Fact]
    public async Task Verifying_reports_its_progress_and_can_be_cancelled()
    {
        var (file, _) = await MakeAsync(new Rig());
        var log = new ListLog();
        await using (await BackupOpener.OpenAsync(file, [Rig.RightCandidate], log, default)) { }
        log.Phases.ShouldBe(["Verifying"]);
        log.Steps.Last().ShouldBe((file.SizeBytes, file.SizeBytes));
        using var cancel = new CancellationTokenSource();
        var hanging = new BackupFile(file.ObjectName, file.Metadata, async (_, token) => { await cancel.CancelAsync(); token.ThrowIfCancellationRequested(); return Stream.Null; }, file.SizeBytes);
        await Should.ThrowAsync<OperationCanceledException>(() => BackupOpener.OpenAsync(hanging, [Rig.RightCandidate], log, cancel.Token));
    }

    internal static async Task<(BackupFile File, byte[] Bytes)> MakeAsync(Rig rig)
    {
        var outcome = await rig.BackUpAsync();
        return (rig.Found(outcome.ObjectName), rig.Store.Objects[outcome.ObjectName]);
    }

    private static string Flip(string hex, int bit)
    {
        var bytes = Convert.FromHexString(hex);
        bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>A file that is read as it is at each moment.</summary>
    private sealed class LatestStream(Func<byte[]> present) : ReadOnlyStream
    {
        private int at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var rest = present().AsMemory()[Math.Min(at, present().Length)..];
            rest = rest[..Math.Min(rest.Length, buffer.Length)];
            rest.CopyTo(buffer);
            at += rest.Length;
            return ValueTask.FromResult(rest.Length);
        }
    }
}
