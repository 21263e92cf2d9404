using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Xunit;

namespace Vault.Core.Tests.Pipeline;

/// <summary>The N-th call to the destination fails, for every N: design §5's order holds.</summary>
public sealed class FaultTests
{
    private static readonly byte[] Dump = CompressionTests.Text(BlockPool.BlockSize + 1000);

    [Theory]
    [InlineData(CompressionMethod.None)]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Brotli)]
    [InlineData(CompressionMethod.Zstd)]
    public async Task One_failed_call_leaves_nothing(CompressionMethod compression)
    {
        var calls = await CountCallsAsync(compression);
        for (var at = 1; at <= calls; at++)
        {
            var rig = RigWith(compression, new MemoryStore { Fault = Fault.Once, FaultAt = at });
            await BackupPipelineTests.NothingIsKeptAsync(rig, "store-failed");
        }
    }

    [Fact]
    public async Task A_commit_that_fails_after_it_took_effect_leaves_nothing()
    {
        var calls = await CountCallsAsync(CompressionMethod.Gzip);
        for (var at = 1; at <= calls; at++)
        {
            var rig = RigWith(CompressionMethod.Gzip, new MemoryStore { Fault = Fault.OnceAfterCommit, FaultAt = at });
            await BackupPipelineTests.NothingIsKeptAsync(rig, "store-failed");
        }
    }

    [Fact]
    public async Task A_destination_that_fails_for_good_never_holds_metadata_without_the_whole_object()
    {
        var calls = await CountCallsAsync(CompressionMethod.Gzip);
        for (var at = 1; at <= calls; at++)
        {
            var rig = RigWith(CompressionMethod.Gzip, new MemoryStore { Fault = Fault.ForGood, FaultAt = at });
            (await Should.ThrowAsync<ProblemException>(() => rig.BackUpAsync())).Problem.Code.ShouldBe("store-failed");
            rig.Store.Partials.ShouldBeEmpty();
            rig.Stopped.ShouldBe(1);
            foreach (var metadata in rig.Store.Objects.Keys.Where(ObjectNames.IsMetadata))
            {
                var name = metadata[..^ObjectNames.MetadataSuffix.Length];
                await using var opened = await BackupOpener.OpenAsync(rig.Found(name), [Rig.RightCandidate], rig.Log, default);
                (await Rig.ReadAsync(opened)).AsSpan().SequenceEqual(Dump).ShouldBeTrue();
            }

            if (!rig.Store.Objects.IsEmpty)
            {
                rig.Log.Lines.ShouldContain(line => line.Contains("by hand"));
            }
        }
    }

    [Theory]
    [InlineData(CompressionMethod.None)]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Brotli)]
    [InlineData(CompressionMethod.Zstd)]
    public async Task A_cancel_at_any_call_leaves_nothing_and_kills_the_tool(CompressionMethod compression)
    {
        var calls = await CountCallsAsync(compression);
        for (var at = 1; at <= calls; at++)
        {
            using var cancel = new CancellationTokenSource();
            var rig = RigWith(compression, new MemoryStore { OnCall = call => { if (call == at) { cancel.Cancel(); } } });
            await Should.ThrowAsync<OperationCanceledException>(() => rig.BackUpAsync(cancel.Token));
            rig.Store.Objects.ShouldBeEmpty($"call {at}");
            rig.Store.Partials.ShouldBeEmpty($"call {at}");
            rig.Stopped.ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_cancel_while_the_tool_hangs_stops_it_at_once()
    {
        using var cancel = new CancellationTokenSource();
        var hanging = new HangingStream();
        var rig = new Rig { Content = hanging };
        var run = rig.BackUpAsync(cancel.Token);
        await hanging.WasRead.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(10)));
        rig.Stopped.ShouldBe(1);
        rig.Store.Objects.ShouldBeEmpty();
        rig.Store.Partials.ShouldBeEmpty();
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
    public async Task A_cancel_before_the_start_and_one_while_the_tool_ends_leave_nothing()
    {
        var early = new Rig();
        await Should.ThrowAsync<OperationCanceledException>(() => early.BackUpAsync(new CancellationToken(canceled: true)));
        early.Stopped.ShouldBe(1);
        using var cancel = new CancellationTokenSource();
        var late = new Rig { Complete = async () => { await cancel.CancelAsync(); await Task.Delay(Timeout.Infinite); } };
        await Should.ThrowAsync<OperationCanceledException>(() => late.BackUpAsync(cancel.Token).WaitAsync(TimeSpan.FromSeconds(10)));
        late.Store.Objects.ShouldBeEmpty();
        late.Store.Partials.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_read_that_fails_while_a_backup_is_opened_is_said_in_words_and_releases_nothing()
    {
        var rig = RigWith(CompressionMethod.Gzip, new MemoryStore());
        var outcome = await rig.BackUpAsync();
        var whole = rig.Store.Objects[outcome.ObjectName];
        var metadata = rig.Found(outcome.ObjectName).Metadata;
        for (var failing = 1; failing <= 4; failing++)
        {
            var store = new MemoryStore { Fault = Fault.Once, FaultAt = failing };
            store.Objects[outcome.ObjectName] = whole;
            var file = new BackupFile(outcome.ObjectName, metadata, (offset, cancel) => store.OpenReadAsync(outcome.ObjectName, offset, cancel), whole.Length);
            (await Rig.RefusedAsync(file, Rig.RightCandidate)).Code.ShouldBe("store-failed", $"call {failing}");
        }
    }

    private static Rig RigWith(CompressionMethod compression, MemoryStore store) => new() { Store = store, DumpBytes = Dump, Compression = compression };

    private static async Task<int> CountCallsAsync(CompressionMethod compression)
    {
        var rig = RigWith(compression, new MemoryStore());
        await rig.BackUpAsync();
        rig.Store.Calls.ShouldBeGreaterThan(8);
        return rig.Store.Calls;
    }

    private sealed class HangingStream : ReadOnlyStream
    {
        public TaskCompletionSource WasRead { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            WasRead.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
