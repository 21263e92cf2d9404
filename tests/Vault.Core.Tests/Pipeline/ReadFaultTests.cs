using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Xunit;

namespace Vault.Core.Tests.Pipeline;

/// <summary>The N-th call to the destination goes wrong while a backup is opened, verified or read in part: only authentic bytes come out, and no error is taken for damage.</summary>
public sealed class ReadFaultTests(ITestOutputHelper output)
{
    private const int From = 1_400_000;
    private const int To = 2_200_000;

    private static readonly byte[] Dump = CompressionTests.Text(2_500_000);

    private delegate Task Reading(BackupFile file, MemoryStream released, CancellationToken cancel);

    public static TheoryData<EncryptionFormat?, CompressionMethod> Backups => new()
    {
        { EncryptionFormat.Standard, CompressionMethod.Gzip },
        { EncryptionFormat.Standard, CompressionMethod.Zstd },
        { EncryptionFormat.Standard, CompressionMethod.None },
        { EncryptionFormat.Sealed, CompressionMethod.Gzip },
        { EncryptionFormat.Sealed, CompressionMethod.Zstd },
        { EncryptionFormat.Sealed, CompressionMethod.Brotli },
        { EncryptionFormat.Sealed, CompressionMethod.None },
        { null, CompressionMethod.Gzip },
    };

    [Theory]
    [MemberData(nameof(Backups))]
    public async Task A_restore_reads_only_authentic_bytes_whatever_call_goes_wrong(EncryptionFormat? format, CompressionMethod compression) =>
        await TryAsync("restore", format, compression, Dump, async (file, released, cancel) =>
        {
            await using var opened = await BackupOpener.OpenAsync(file, [Rig.RightCandidate], new ListLog(), cancel);
            await opened.Dump.CopyToAsync(released, cancel);
        });

    [Theory]
    [MemberData(nameof(Backups))]
    public async Task A_part_is_read_right_or_not_at_all_whatever_call_goes_wrong(EncryptionFormat? format, CompressionMethod compression) =>
        await TryAsync("part", format, compression, Dump[From..To], async (file, released, cancel) =>
        {
            await using var part = await DumpRange.OpenAsync(file, [Rig.RightCandidate], From, To, new ListLog(), cancel);
            await part.CopyToAsync(released, cancel);
        });

    [Theory]
    [MemberData(nameof(Backups))]
    public async Task A_verify_never_takes_a_destination_that_fails_for_damage(EncryptionFormat? format, CompressionMethod compression) =>
        await TryAsync("verify", format, compression, [], async (file, _, cancel) =>
        {
            try
            {
                var verified = await BackupVerifier.VerifyAsync(file, null, [Rig.RightCandidate], _ => null, new ListLog(), cancel);
                verified.DumpSizeBytes.ShouldBe(Dump.Length);
            }
            catch (ProblemException failed) when (failed.Problem.Code == "store-failed")
            {
                BackupVerifier.IsDamage(failed.Problem).ShouldBeFalse();
                throw;
            }
        });

    private async Task TryAsync(string operation, EncryptionFormat? format, CompressionMethod compression, byte[] truth, Reading read)
    {
        var rig = new Rig { DumpBytes = Dump, Compression = compression, Level = 1, IsEncrypted = format is not null, Format = format ?? default };
        var backup = await rig.BackUpAsync();
        var points = await FaultPoints.TryAllAsync((fault, at) => new MemoryStore { Fault = fault, FaultAt = at, Objects = { [backup.ObjectName] = rig.Store.Objects[backup.ObjectName] } }, async store =>
        {
            using var released = new MemoryStream();
            var file = new BackupFile(backup.ObjectName, backup.Metadata, (offset, cancel) => store.OpenReadAsync(backup.ObjectName, offset, cancel), backup.StoredSizeBytes);
            var ending = await Ending.OfAsync(() => read(file, released, store.Cancelling.Token));
            // Of a part of a sealed file, what was read ahead and then not needed may fail unnoticed; the part is whole then, as is looked at below.
            if (ending.Cause is not null || operation != "part" || format != EncryptionFormat.Sealed) ending.ShouldFit(store);
            var what = $"{store.Fault} at call {store.FaultAt}: {ending.Cause}";
            truth.AsSpan().StartsWith(released.ToArray()).ShouldBeTrue(what);
            (ending.Cause is not null || released.Length == truth.Length).ShouldBeTrue(what);
            store.OpenStreams.ShouldBe(0, what);
            store.Objects.Keys.ShouldBe([backup.ObjectName]);
        });
        output.WriteLine($"{operation}, {format?.ToString() ?? "not encrypted"}, {compression}: {points} fault points");
    }
}
