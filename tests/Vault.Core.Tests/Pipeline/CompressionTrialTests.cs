using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Xunit;

namespace Vault.Core.Tests.Pipeline;

public sealed class CompressionTrialTests
{
    private static readonly byte[] Sample = CompressionTests.Text(BlockPool.BlockSize * 2);

    [Theory]
    [InlineData(CompressionMethod.None, 0)]
    [InlineData(CompressionMethod.Gzip, 6)]
    [InlineData(CompressionMethod.Brotli, 1)]
    [InlineData(CompressionMethod.Zstd, 3)]
    [InlineData(CompressionMethod.Zstd, 13)]
    public async Task A_trial_shrinks_the_sample_as_a_backup_does(CompressionMethod method, int level)
    {
        var speed = await CompressionTrial.RunAsync(method, level, Sample, TimeSpan.FromMilliseconds(50), TimeProvider.System, default);
        (speed.Method, speed.Level).ShouldBe((method, level));
        speed.BytesPerSecond.ShouldBeGreaterThan(0);
        var backup = (double)Sample.Length / (await CompressionTests.CompressAsync(method, level, Sample)).Length;
        speed.Ratio.ShouldBeInRange(backup * 0.6, backup * 1.2);
    }

    [Fact]
    public async Task A_trial_takes_its_time_from_the_clock_and_no_block_is_begun_after_it()
    {
        var speed = await CompressionTrial.RunAsync(CompressionMethod.None, 0, Sample, TimeSpan.FromSeconds(1), new SteadyClock(), default);
        speed.Ratio.ShouldBe(1);
        speed.BytesPerSecond.ShouldBeInRange(BlockPool.BlockSize / 2, BlockPool.BlockSize * 20);
    }

    [Fact]
    public async Task A_trial_that_is_stopped_ends()
    {
        using var stop = new CancellationTokenSource();
        var trial = CompressionTrial.RunAsync(CompressionMethod.Zstd, 19, Sample, TimeSpan.FromHours(1), TimeProvider.System, stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => trial);
    }

    /// <summary>A tenth of a second for each look.</summary>
    private sealed class SteadyClock : TimeProvider
    {
        private long looks;

        public override long TimestampFrequency => 10;

        public override long GetTimestamp() => Interlocked.Increment(ref looks);
    }
}
