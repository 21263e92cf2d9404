using Shouldly;
using Vault.Core;
using Vault.Server.Features.Shell;
using Xunit;

namespace Vault.Server.Tests.Shell;

public sealed class PiecesTests
{
    [Fact]
    public async Task A_problem_is_read_out_with_what_to_do_next()
    {
        var page = await Rendered.AsDocument<ProblemBox>(("Problem", new Problem("wrong-key", "The key does not open it.", "Import the right key.")));
        var box = page.QuerySelector("[role=alert]").ShouldNotBeNull();
        box.GetAttribute("data-problem").ShouldBe("wrong-key");
        box.TextContent.ShouldContain("The key does not open it.");
        box.TextContent.ShouldContain("Import the right key.");
    }

    [Fact]
    public async Task A_problem_cannot_bring_markup_into_the_page()
    {
        var page = await Rendered.AsDocument<ProblemBox>(("Problem", new Problem("x", "<script>alert(1)</script>", "<b>no</b>")));
        page.QuerySelectorAll("script, b").ShouldBeEmpty();
    }

    [Fact]
    public async Task No_problem_takes_no_place() =>
        (await Rendered.AsDocument<ProblemBox>(("Problem", null))).Body!.Children.ShouldBeEmpty();

    [Fact]
    public async Task Check_lines_say_their_state_without_colour()
    {
        IReadOnlyList<CheckLine> lines = [new(CheckState.Good, "It answers"), new(CheckState.Warning, "It is old"), new(CheckState.Bad, "It is full")];
        var page = await Rendered.AsDocument<CheckLines>(("Lines", lines));
        page.QuerySelectorAll("li").Select(li => li.TextContent.Trim()).ShouldBe(["Good: It answers", "Warning: It is old", "Problem: It is full"]);
    }

    [Fact]
    public async Task The_stepper_marks_where_one_is()
    {
        IReadOnlyList<string> steps = ["Target", "Check", "Confirm"];
        var page = await Rendered.AsDocument<Stepper>(("Steps", steps), ("Current", 1));
        page.QuerySelectorAll("[aria-current=step]").ShouldHaveSingleItem().TextContent.ShouldContain("Check");
        page.QuerySelectorAll("li.done").ShouldHaveSingleItem().TextContent.ShouldContain("Target");
    }

    [Theory]
    [InlineData(50, 200L, "25")]
    [InlineData(500, 200L, "99")]
    [InlineData(50, null, null)]
    public async Task Progress_never_claims_to_be_through(long doneBytes, long? totalBytes, string? percent)
    {
        var page = await Rendered.AsDocument<ProgressLine>(("DoneBytes", doneBytes), ("TotalBytes", totalBytes));
        page.QuerySelector("[role=progressbar]").ShouldNotBeNull().GetAttribute("aria-valuenow").ShouldBe(percent);
    }

    [Theory]
    [InlineData("light", "system", "(prefers-color-scheme: light)")]
    [InlineData("dark", "dark", "all")]
    [InlineData("light", "dark", "not all")]
    public void A_chosen_theme_wins_over_the_system(string theme, string choice, string media) =>
        ThemeChoice.MediaOf(theme, choice).ShouldBe(media);
}
