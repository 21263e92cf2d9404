using System.Globalization;
using Vault.Core;

namespace Vault.Server.Features.Settings;

/// <summary>Holds entered values against what the engine or store declares.</summary>
internal static class SettingCheck
{
    public static Problem? Of(IReadOnlyList<Setting> declared, SettingValues values) =>
        declared.Select(setting => Of(setting, values[setting.Name])).FirstOrDefault(problem => problem is not null);

    public static Result<string> Name(string? entered, string what)
    {
        var name = entered?.Trim() ?? "";
        if (name.Length == 0)
            return new Problem("name-missing", $"The {what} has no name.", "Give it one.");
        return name.Length <= 100 && !name.Any(char.IsControl) ? name
            : new Problem("name-invalid", $"The name of the {what} is longer than 100 characters or spans lines.", "Shorten it.");
    }

    public static Problem NameTaken(string name, string what) =>
        new("name-taken", $"There is already a {what} called \"{name}\".", "Choose another name.");

    private static Problem? Of(Setting setting, string? value) => (setting, value) switch
    {
        ({ IsRequired: true }, null) => new("setting-missing", $"\"{setting.Label}\" is empty.", "Fill it in."),
        (_, null) => null,
        ({ Kind: SettingKind.Number }, _) when !int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) =>
            new("setting-invalid", $"\"{setting.Label}\" is not a number.", "Use digits only."),
        ({ Kind: SettingKind.Choice, Choices: { } choices }, _) when !choices.Contains(value) =>
            new("setting-invalid", $"\"{setting.Label}\" is none of {string.Join(", ", choices)}.", "Choose one of them."),
        _ => null,
    };
}
