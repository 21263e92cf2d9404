namespace Vault.Server.Features.Shell;

/// <summary>What a colour claims. Green means proved; whatever is not known to be good is never green.</summary>
public enum Tone { Proved, Running, Warning, Failed, Unknown }

/// <summary>How a state is shown: always words and an icon, the colour only repeats them.</summary>
/// <param name="Icon">A name of <c>wwwroot-assets/icons.txt</c>.</param>
public sealed record StateLook(Tone Tone, string Icon, string Text)
{
    public string CssClass => $"tone-{Tone.ToString().ToLowerInvariant()}";

    /// <summary>The look of a state by its word, so that one word looks the same on every page. An unforeseen word is grey.</summary>
    public static StateLook Of(string word) => word switch
    {
        "Succeeded" => new(Tone.Proved, "circle-check", "Succeeded"),
        "Available" => new(Tone.Proved, "circle-check", "Available"),
        "Protected" => new(Tone.Proved, "shield-check", "Protected"),
        "Good" => new(Tone.Proved, "circle-check", "Good"),
        "Running" => new(Tone.Running, "loader-circle", "Running"),
        "Queued" => new(Tone.Running, "clock", "Queued"),
        "Warning" => new(Tone.Warning, "triangle-alert", "Warning"),
        "Interrupted" => new(Tone.Warning, "zap", "Interrupted"),
        "Expiring" => new(Tone.Warning, "clock", "Expiring"),
        "Failed" => new(Tone.Failed, "circle-x", "Failed"),
        "Bad" => new(Tone.Failed, "circle-x", "Failed"),
        "Damaged" => new(Tone.Failed, "shield-alert", "Damaged"),
        "Missing" => new(Tone.Failed, "circle-x", "Missing"),
        "Unprotected" => new(Tone.Failed, "shield-alert", "Not protected"),
        "Found" => new(Tone.Unknown, "circle-dashed", "Not verified"),
        "Cancelled" => new(Tone.Unknown, "ban", "Cancelled"),
        "Disabled" => new(Tone.Unknown, "circle-minus", "Disabled"),
        _ => new(Tone.Unknown, "circle-question-mark", word),
    };

    public static StateLook Of(Enum state) => Of(state.ToString());

    public static string IconOf(Tone tone) => tone switch
    {
        Tone.Proved => "circle-check",
        Tone.Running => "info",
        Tone.Warning => "triangle-alert",
        Tone.Failed => "circle-x",
        _ => "circle-question-mark",
    };
}
