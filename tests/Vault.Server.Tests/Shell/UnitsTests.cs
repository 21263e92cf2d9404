using Shouldly;
using Vault.Server.Features.Shell;
using Xunit;

namespace Vault.Server.Tests.Shell;

public sealed class UnitsTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.00 kB")]
    [InlineData(9_994, "9.99 kB")]
    [InlineData(9_996, "10.0 kB")]
    [InlineData(12_345_678, "12.3 MB")]
    [InlineData(99_960_000, "100 MB")]
    [InlineData(999_499_999, "999 MB")]
    [InlineData(999_500_000, "1.00 GB")]
    [InlineData(long.MaxValue, "9223 PB")]
    [InlineData(-1500, "-1.50 kB")]
    public void A_size_is_said_in_three_digits_and_decimal_units(long sizeBytes, string words) =>
        Units.Size(sizeBytes).ShouldBe(words);

    [Theory]
    [InlineData(1, "1 byte")]
    [InlineData(1234567, "1,234,567 bytes")]
    public void The_exact_size_is_kept_for_who_wants_it(long sizeBytes, string words) =>
        Units.ExactSize(sizeBytes).ShouldBe(words);

    [Theory]
    [InlineData(-5, "0 ms")]
    [InlineData(0.3504, "350 ms")]
    [InlineData(0.9999, "1.0 s")]
    [InlineData(4.2, "4.2 s")]
    [InlineData(9.96, "10 s")]
    [InlineData(59.7, "1 min")]
    [InlineData(187, "3 min 7 s")]
    [InlineData(3599.4, "59 min 59 s")]
    [InlineData(3600, "1 h")]
    [InlineData(7500, "2 h 5 min")]
    [InlineData(273_600, "3 d 4 h")]
    public void A_duration_is_said_in_its_two_largest_parts(double seconds, string words) =>
        Units.Duration(TimeSpan.FromSeconds(seconds)).ShouldBe(words);

    [Fact]
    public void A_rate_is_a_size_in_a_second() => Units.Rate(67_200_000.7).ShouldBe("67.2 MB/s");

    [Fact]
    public void A_ratio_needs_both_sizes()
    {
        Units.Ratio(3200, 1000).ShouldBe("3.2 : 1");
        Units.Ratio(null, 1000).ShouldBeNull();
        Units.Ratio(0, 1000).ShouldBeNull();
        Units.Ratio(3200, 0).ShouldBeNull();
    }
}
