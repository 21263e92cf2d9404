using Shouldly;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Shell;
using Xunit;

namespace Vault.Server.Tests.Shell;

public sealed class StateTests
{
    [Fact]
    public void Only_what_is_proved_is_green()
    {
        var green = Enum.GetNames<RunState>().Concat(Enum.GetNames<BackupState>())
            .Where(word => StateLook.Of(word).Tone is Tone.Proved);
        green.ShouldBe(["Succeeded", "Available"]);
    }

    [Fact]
    public void A_word_that_nobody_foresaw_is_grey() => StateLook.Of("Sideways").Tone.ShouldBe(Tone.Unknown);

    [Fact]
    public void Every_state_of_a_run_and_of_a_backup_is_foreseen()
    {
        var words = Enum.GetNames<RunState>().Concat(Enum.GetNames<BackupState>());
        words.ShouldAllBe(word => StateLook.Of(word).Icon != "circle-question-mark");
    }

    [Theory]
    [InlineData("Failed", "circle-x", "tone-failed")]
    [InlineData("Interrupted", "zap", "tone-warning")]
    [InlineData("Running", "loader-circle", "tone-running")]
    public async Task A_state_shows_words_and_icon_beside_its_colour(string state, string icon, string tone)
    {
        var badge = (await Rendered.AsDocument<StateBadge>(("State", Enum.Parse<RunState>(state)))).QuerySelector(".state").ShouldNotBeNull();
        badge.TextContent.Trim().ShouldBe(state);
        badge.QuerySelector("use")!.GetAttribute("href").ShouldEndWith($"#{icon}");
        badge.ClassList.ShouldContain(tone);
    }
}
