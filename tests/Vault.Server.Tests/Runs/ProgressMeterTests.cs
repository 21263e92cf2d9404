using Shouldly;
using Vault.Server.Features.Runs;
using Xunit;

namespace Vault.Server.Tests.Runs;

public sealed class ProgressMeterTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 2, 0, 0, TimeSpan.Zero);
    private readonly ProgressMeter meter = new();

    [Fact]
    public void A_rate_is_shown_only_after_a_second_of_measuring()
    {
        meter.Begin("Dumping");
        Measure(0, 0).BytesPerSecond.ShouldBeNull();
        Measure(0.1, 9_000_000).BytesPerSecond.ShouldBeNull("a full buffer says nothing of the speed");
        Measure(2, 10_000_000).BytesPerSecond.ShouldBe(5_000_000);
    }

    [Fact]
    public void Blocks_that_come_less_often_than_the_window_is_long_still_have_a_rate_and_a_time_left()
    {
        meter.Begin("Dumping");
        for (var block = 0; block <= 5; block++) Measure(block * 8, block * 4_000_000L);
        var shown = Measure(48, 24_000_000);
        shown.BytesPerSecond.ShouldNotBeNull().ShouldBe(500_000, tolerance: 1);
        shown.SecondsLeft.ShouldNotBeNull().ShouldBe(152, tolerance: 1);
    }

    [Fact]
    public void While_nothing_moves_the_rate_falls_and_the_time_left_grows()
    {
        meter.Begin("Dumping");
        Measure(0, 0);
        var last = Measure(2, 20_000_000);
        var later = meter.LookAgain(Start.AddSeconds(10), last);
        later.BytesPerSecond.ShouldBe(2_000_000);
        later.SecondsLeft.ShouldBe(40);
        (later.DoneBytes, later.TotalBytes).ShouldBe((last.DoneBytes, last.TotalBytes));
    }

    private RunProgress Measure(double second, long doneBytes) => meter.Measure(Start.AddSeconds(second), doneBytes, 100_000_000);
}
