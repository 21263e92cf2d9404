using System.Globalization;
using Vault.Core;

namespace Vault.Server.Features.Shell;

/// <summary>What a person forgot or mistyped in a form that is drawn from settings.</summary>
public static class SettingsCheck
{
    /// <summary>A sentence for each wrong field, by setting name; empty when all is well.</summary>
    public static IReadOnlyDictionary<string, string> Find(
        IReadOnlyList<Setting> settings, IReadOnlyDictionary<string, string> values, IReadOnlySet<string> storedSecrets)
    {
        var errors = new Dictionary<string, string>();
        foreach (var setting in settings)
            if (Find(setting, values.GetValueOrDefault(setting.Name), storedSecrets.Contains(setting.Name)) is { } error)
                errors[setting.Name] = error;
        return errors;
    }

    private static string? Find(Setting setting, string? value, bool isStored)
    {
        if (string.IsNullOrWhiteSpace(value))
            return setting.IsRequired && setting.Default is null && !isStored ? $"{setting.Label} is empty. Fill it in." : null;
        return setting.Kind switch
        {
            SettingKind.Number when !long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) =>
                $"{setting.Label} has to be a whole number.",
            SettingKind.Choice when setting.Choices is { } choices && !choices.Contains(value) =>
                $"{setting.Label} has to be one of: {string.Join(", ", choices)}.",
            _ => null,
        };
    }
}
