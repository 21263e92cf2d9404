using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Xunit;

namespace Vault.Core.Tests.Pipeline;

/// <summary>The N-th call to the destination or to the dump tool goes wrong, for every N and in every way: design §5's order holds.</summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    private const string Foreign = "nightly-shop/of-somebody-else.sql";

    [Theory]
    [InlineData(EncryptionFormat.Standard, CompressionMethod.Gzip, 200_000)]
    [InlineData(EncryptionFormat.Standard, CompressionMethod.Zstd, 200_000)]
    [InlineData(EncryptionFormat.Standard, CompressionMethod.None, 200_000)]
    [InlineData(EncryptionFormat.Sealed, CompressionMethod.Gzip, 200_000)]
    [InlineData(EncryptionFormat.Sealed, CompressionMethod.Brotli, 200_000)]
    [InlineData(EncryptionFormat.Sealed, CompressionMethod.Zstd, BlockPool.BlockSize + 1000)]
    [InlineData(null, CompressionMethod.Zstd, 200_000)]
    public async Task A_backup_is_whole_or_not_there_whatever_call_goes_wrong(EncryptionFormat? format, CompressionMethod compression, int size)
    {
        var dump = CompressionTests.Text(size);
        var points = await FaultPoints.TryAllAsync((fault, at) => new MemoryStore { Fault = fault, FaultAt = at, Objects = { [Foreign] = [1, 2, 3] } }, async store =>
        {
            var rig = new Rig
            {
                Store = store, DumpBytes = dump, Content = store.OfTool(dump), Complete = () => store.EndOfToolAsync(store.Cancelling.Token),
                Compression = compression, Level = 1, IsEncrypted = format is not null, Format = format ?? default,
            };
            var ending = await Ending.OfAsync(() => rig.BackUpAsync(store.Cancelling.Token));
            ending.ShouldFit(store);
            await HoldsAsync(rig, ending);
        });
        output.WriteLine($"backup, {format?.ToString() ?? "not encrypted"}, {compression}: {points} fault points");
    }

    [Fact]
    public async Task A_cancel_does_not_wait_for_blocks_that_take_seconds_to_compress()
    {
        using var cancel = new CancellationTokenSource();
        var rig = new Rig { Compression = CompressionMethod.Brotli, Level = 11, Content = new MemoryStream(CompressionTests.Text(64 << 20)) };
        var run = rig.BackUpAsync(cancel.Token);
        while (rig.Observed < 12 << 20) await Task.Yield();

        var began = System.Diagnostics.Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => run);

        began.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(3), "a block alone takes longer");
    }

    [Fact]
    public async Task A_cancel_before_the_start_leaves_nothing()
    {
        var early = new Rig();
        await Should.ThrowAsync<OperationCanceledException>(() => early.BackUpAsync(new CancellationToken(canceled: true)));
        early.Stopped.ShouldBe(1);
        early.Store.Calls.ShouldBe(0);
    }

    /// <summary>The tool was stopped, nothing is half there, what is somebody else's stayed, and what has metadata opens.</summary>
    private static async Task HoldsAsync(Rig rig, Ending ending)
    {
        var store = rig.Store;
        var what = $"{store.Fault} at call {store.FaultAt}: {ending.Cause}";
        rig.Stopped.ShouldBe(1, what);
        store.Partials.ShouldBeEmpty(what);
        store.OpenStreams.ShouldBe(0, what);
        store.Objects[Foreign].ShouldBe([1, 2, 3], what);
        var own = store.Objects.Keys.Where(name => name != Foreign).ToList();
        foreach (var metadata in own.Where(ObjectNames.IsMetadata))
        {
            (await OpenAsync(store, metadata[..^ObjectNames.MetadataSuffix.Length])).AsSpan().SequenceEqual(rig.DumpBytes).ShouldBeTrue(what);
        }

        if (ending.Cause is null)
        {
            own.Count.ShouldBe(2, what);
        }
        else if (store.Fault != Fault.ForGood)
        {
            own.ShouldBeEmpty(what);
        }
        else if (own.Count > 0)
        {
            rig.Log.Lines.ShouldContain(line => line.Contains("by hand"), what);
        }
    }

    private static async Task<byte[]> OpenAsync(MemoryStore store, string name)
    {
        var file = Rig.File(name, store.Objects[name], BackupMetadata.Parse(store.Objects[ObjectNames.MetadataOf(name)]).Value);
        await using var opened = await BackupOpener.OpenAsync(file, [Rig.RightCandidate], new ListLog(), default);
        return await Rig.ReadAsync(opened);
    }
}
