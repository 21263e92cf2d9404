namespace Vault.Core;

public enum SettingKind { Text, Number, Secret, Choice, Path }

/// <summary>One field that an engine or a store declares; the UI draws its form from these.</summary>
public sealed record Setting(
    string Name,
    string Label,
    SettingKind Kind,
    bool IsRequired,
    string? Default = null,
    string? Help = null,
    IReadOnlyList<string>? Choices = null);

/// <summary>The values of an engine's or a store's settings. Prints no value: some are secret.</summary>
public sealed class SettingValues(IReadOnlyDictionary<string, string> values)
{
    public IReadOnlyDictionary<string, string> Values { get; } = values;

    public string? this[string name] => Values.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    public string Require(string name) => this[name]
        ?? throw new ProblemException("setting-missing", $"The setting \"{name}\" is empty.", "Fill it in and save.");

    public SettingValues With(string name, string value) =>
        new(new Dictionary<string, string>(Values) { [name] = value });

    public override string ToString() => $"settings: {string.Join(", ", Values.Keys)}";
}

public enum CheckState { Good, Warning, Bad }

/// <summary>One line of the answer to "Test": <c>Good "pg_dump 15.18 is new enough"</c>.</summary>
public sealed record CheckLine(CheckState State, string Text);
