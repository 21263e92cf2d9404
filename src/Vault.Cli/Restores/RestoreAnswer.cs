using System.Text.Json.Serialization;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Cli.Restores;

/// <summary>What <c>restore</c> will do, or did.</summary>
internal sealed record RestoreAnswer(string File, string Database, [property: JsonIgnore] RestorePlan Plan)
{
    public RestoreAction Action => Plan.Action;

    public IReadOnlyList<string> Steps => Plan.Steps;

    public IReadOnlyList<CheckLine> Checks => Plan.Checks;

    /// <summary>False after --dry-run.</summary>
    public bool IsDone { get; init; }

    /// <summary>What the database that was replaced is called now; null when there was none.</summary>
    public string? KeptAs { get; init; }

    public IEnumerable<string> PlanText() =>
        [.. Plan.Steps.Select((step, at) => $"{at + 1}. {step}"), .. Plan.Checks.Select(check => $"{Mark(check.State)} {check.Text}")];

    public string Sentence() => this switch
    {
        { IsDone: false } => $"Nothing was changed: this was a dry run for \"{Database}\".",
        { KeptAs: null } => $"Restored into \"{Database}\".",
        _ => $"Restored into \"{Database}\"; the old one is kept as \"{KeptAs}\".",
    };

    private static string Mark(CheckState state) => state switch { CheckState.Good => "[ok]", CheckState.Warning => "[note]", _ => "[no]" };
}
