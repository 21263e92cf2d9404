using Shouldly;
using Vault.Server.Features.Shell;
using Xunit;

namespace Vault.Server.Tests.Shell;

public sealed class InstantsTests
{
    [Theory]
    [InlineData(0, "just now")]
    [InlineData(44, "just now")]
    [InlineData(46, "1 minute ago")]
    [InlineData(90, "2 minutes ago")]
    [InlineData(3599, "1 hour ago")]
    [InlineData(5 * 3600, "5 hours ago")]
    [InlineData(86_399, "1 day ago")]
    [InlineData(40 * 86_400, "40 days ago")]
    [InlineData(100 * 86_400, "3 months ago")]
    [InlineData(1000 * 86_400, "3 years ago")]
    [InlineData(-10, "in a moment")]
    [InlineData(-3 * 3600, "in 3 hours")]
    public void An_instant_is_said_from_where_the_viewer_stands(int secondsAgo, string words) =>
        Instants.Relative(Rendered.Now.AddSeconds(-secondsAgo), Rendered.Now).ShouldBe(words);

    [Theory]
    [InlineData(0, "1 Jul 2026, 12:00:00 (UTC)")]
    [InlineData(120, "1 Jul 2026, 14:00:00 (UTC+2)")]
    [InlineData(-570, "1 Jul 2026, 02:30:00 (UTC-9:30)")]
    public void The_full_instant_names_its_zone(int offsetMinutes, string words) =>
        Instants.Full(Rendered.Now.ToOffset(TimeSpan.FromMinutes(offsetMinutes))).ShouldBe(words);

    [Fact]
    public void An_unknown_zone_leaves_UTC()
    {
        var zone = new ViewerZone();
        zone.Use("Mars/Olympus");
        zone.Use(null);
        zone.Zone.ShouldBe(TimeZoneInfo.Utc);
    }

    [Fact]
    public void A_known_zone_moves_the_clock()
    {
        var zone = new ViewerZone();
        zone.Use("Asia/Kathmandu");
        zone.Clock(Rendered.Now).ShouldBe("17:45:00");
    }

    [Fact]
    public async Task The_text_carries_the_machine_readable_instant_and_the_full_one()
    {
        var page = await Rendered.AsDocument<InstantText>(("At", Rendered.Now.AddHours(-2)));
        var time = page.QuerySelector("time").ShouldNotBeNull();
        time.TextContent.ShouldBe("2 hours ago");
        time.GetAttribute("datetime").ShouldBe("2026-07-01T10:00:00Z");
        time.GetAttribute("title").ShouldBe("1 Jul 2026, 12:00:00 (UTC+2)");
    }

    [Fact]
    public async Task No_instant_is_said_in_words() =>
        (await Rendered.AsDocument<InstantText>(("At", null), ("Never", "not yet"))).Body!.TextContent.Trim().ShouldBe("not yet");
}
