using Vault.Core;
using Vault.Server.Features.Shell;

namespace Vault.Server.Features.Settings;

/// <summary>What every form that is drawn from settings is held against before it is stored.</summary>
internal static class FormCheck
{
    private static readonly HashSet<string> NoneStored = [];

    /// <summary>Each setting that was left empty takes its default, as the form shows it.</summary>
    public static SettingValues WithDefaults(IReadOnlyList<Setting> declared, SettingValues entered) => declared
        .Where(s => s.Default is not null && entered[s.Name] is null)
        .Aggregate(entered, (values, s) => values.With(s.Name, s.Default!));

    public static Problem? Find(IReadOnlyList<Setting> declared, SettingValues values) =>
        SettingsCheck.Find(declared, values.Values, NoneStored).Values.FirstOrDefault() is { } error
            ? new Problem("setting-invalid", error, "Nothing was saved.")
            : null;

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
}
