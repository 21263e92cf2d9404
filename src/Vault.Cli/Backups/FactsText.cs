using Vault.Cli.Terminal;

namespace Vault.Cli.Backups;

/// <summary>What <c>inspect</c> says to people.</summary>
internal static class FactsText
{
    private const int MostTables = 20;

    public static IEnumerable<string> Of(BackupFacts facts) => Lines(facts)
        .Where(line => line.Value is { Length: > 0 })
        .Select(line => $"{line.Name + ":",-13}{Printable.Of(line.Value!)}")
        .Concat(Tables(facts));

    private static IEnumerable<(string Name, string? Value)> Lines(BackupFacts facts) =>
    [
        ("File", facts.File),
        ("Size", $"{Units.Size(facts.SizeBytes)} ({facts.SizeBytes} bytes){(facts.DumpBytes is { } dump ? $", unpacked {Units.Size(dump)}" : "")}"),
        ("Encryption", Encryption(facts)),
        ("Key", Key(facts.Key)),
        ("Compression", facts.Compression),
        ("Job", facts.Job),
        ("Source", Join(", ", facts.Source, facts.Engine, Join(" ", [.. facts.Databases]))),
        ("Made with", Join(", ", facts.EngineVersion, facts.ToolVersion, facts.DumpFormat)),
        ("Started", facts.StartedAt is { } at ? $"{at:yyyy-MM-dd HH:mm:ss} UTC{(facts.StartedBy is null ? "" : $" by {facts.StartedBy}")}" : null),
        ("Finished", facts.FinishedAt is { } end ? $"{end:yyyy-MM-dd HH:mm:ss} UTC" : null),
        ("Description", facts.Description),
        ("SHA-256", facts.StoredSha256),
        ("Note", facts.Note),
    ];

    private static string Encryption(BackupFacts facts) => facts.Format switch
    {
        "none" => "none: this backup is not encrypted",
        null => "unknown, for its metadata is not there",
        var format => format,
    };

    private static string? Key(KeyFacts? key) => key switch
    {
        null => null,
        { Kind: "password" } => "a password",
        { Fingerprint: null, Profile: null } => "a master key that the file does not name",
        _ => Join(", ", key.Fingerprint is null ? null : $"fingerprint {key.Fingerprint}", key.Profile is null ? null : $"profile '{key.Profile}'"),
    };

    private static IEnumerable<string> Tables(BackupFacts facts)
    {
        if (facts.Tables.Count == 0) yield break;
        yield return $"Tables:      {facts.Tables.Count}";
        foreach (var table in facts.Tables.Take(MostTables)) yield return $"  {Printable.Of(table.Name)}: {table.Rows} rows";
        if (facts.Tables.Count > MostTables) yield return $"  and {facts.Tables.Count - MostTables} more (--json shows all)";
    }

    private static string Join(string between, params IReadOnlyList<string?> parts) => string.Join(between, parts.Where(part => !string.IsNullOrEmpty(part)));
}
