using System.Security.Cryptography;
using System.Text.Json;
using Vault.Core;
using Vault.Core.Keys;

namespace Vault.Server.Database;

/// <param name="Json">What is not secret.</param>
/// <param name="Wrapped">What is; null when nothing is.</param>
internal sealed record StoredSettings(string Json, string? Wrapped);

/// <summary>The settings of a source or a destination: secrets apart and wrapped, as the engine or store declares them.</summary>
internal sealed class WrappedSettings(SystemKey systemKey)
{
    public StoredSettings Protect(IReadOnlyList<Setting> declared, SettingValues values, WrapContext where)
    {
        var secrets = Pick(declared, values, isSecret: true);
        var json = JsonSerializer.Serialize(Pick(declared, values, isSecret: false));
        if (secrets.Count == 0)
            return new(json, null);
        var plaintext = JsonSerializer.SerializeToUtf8Bytes(secrets);
        try
        {
            return new(json, systemKey.Wrap(plaintext, where));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <exception cref="ProblemException">The secrets are damaged, were moved from another row, or belong to another key.</exception>
    public SettingValues Open(StoredSettings stored, WrapContext where)
    {
        var values = Visible(stored);
        foreach (var (name, secret) in Secrets(stored, where))
            values[name] = secret;
        return new SettingValues(values);
    }

    public static Dictionary<string, string> Visible(StoredSettings stored) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(stored.Json) ?? [];

    /// <summary>
    /// Fills the secrets that were left empty with the stored ones. They are kept only for the place that they were entered for:
    /// whoever changes host or user has to know the password, or it could be sent to a server of their own.
    /// </summary>
    public Result<SettingValues> Keep(IReadOnlyList<Setting> declared, StoredSettings stored, WrapContext where, SettingValues entered)
    {
        var missing = declared.Where(s => s.Kind == SettingKind.Secret && entered[s.Name] is null).ToList();
        if (missing.Count == 0 || stored.Wrapped is null)
            return entered;
        var before = Visible(stored);
        var moved = declared.FirstOrDefault(s => BindsSecret(s) && entered[s.Name] != before.GetValueOrDefault(s.Name));
        if (moved is not null)
            return new Problem("secret-needed",
                $"\"{moved.Label}\" has changed, so the stored {missing[0].Label.ToLowerInvariant()} is not sent there.",
                $"Enter \"{missing[0].Label}\" again.");
        var secrets = Secrets(stored, where);
        return missing.Where(s => secrets.ContainsKey(s.Name)).Aggregate(entered, (all, s) => all.With(s.Name, secrets[s.Name]));
    }

    // The database is another door of the same server; every other setting can lead the secret elsewhere, or there unprotected.
    private static bool BindsSecret(Setting setting) => setting.Kind != SettingKind.Secret && setting.Name != "database";

    private Dictionary<string, string> Secrets(StoredSettings stored, WrapContext where)
    {
        if (stored.Wrapped is null)
            return [];
        var plaintext = systemKey.Unwrap(stored.Wrapped, where).Value;
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(plaintext) ?? [];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    private static Dictionary<string, string> Pick(IReadOnlyList<Setting> declared, SettingValues values, bool isSecret) => declared
        .Where(s => s.Kind == SettingKind.Secret == isSecret && values[s.Name] is not null)
        .ToDictionary(s => s.Name, s => values[s.Name]!);
}
