using Vault.Cli.Terminal;

namespace Vault.Cli.Backups;

/// <summary>A key that some of the backups need. Null fingerprint: they do not name it.</summary>
internal sealed record WantedKey(string Kind, string? Fingerprint, string? Profile, int Backups, bool? IsGiven)
{
    public static IReadOnlyList<WantedKey> Of(IEnumerable<BackupFacts> backups) =>
    [
        .. backups.Where(backup => backup.Key is not null).GroupBy(backup => (backup.Key!.Kind, backup.Key.Fingerprint))
            .Select(same => new WantedKey(same.Key.Kind, same.Key.Fingerprint, same.First().Key!.Profile, same.Count(), same.First().Opens))
            .OrderByDescending(key => key.Backups),
    ];
}

/// <summary>What <c>list</c> says to people.</summary>
internal static class ListText
{
    public static IEnumerable<string> Of(string folder, IReadOnlyList<BackupFacts> backups, IReadOnlyList<WantedKey> keys)
    {
        foreach (var backup in backups)
        {
            yield return Printable.Of($"{backup.StartedAt ?? backup.ChangedAt:yyyy-MM-dd HH:mm:ss}  {Units.Size(backup.SizeBytes),10}  {Path.GetRelativePath(folder, backup.File)}");
            yield return Printable.Of($"    {About(backup)}");
            if (backup.Note is not null) yield return Printable.Of($"    Note: {backup.Note}");
        }

        yield return backups.Count switch { 0 => "There is no backup here.", 1 => "1 backup.", var count => $"{count} backups." };
        foreach (var key in keys) yield return Printable.Of($"{Name(key)}: needed by {key.Backups}{(key.IsGiven is true ? ", and given" : key.IsGiven is false ? ", and NOT given" : "")}.");
    }

    private static string About(BackupFacts backup) => string.Join(", ", new[]
    {
        backup.Job, backup.Source is null ? null : $"of {backup.Source}", backup.Engine, backup.Compression?.ToLowerInvariant(),
        backup.Format is null ? "format unknown" : backup.Format == "none" ? "NOT encrypted" : backup.Format,
        backup.Opens switch { true => "a given key opens it", false => "no given key opens it", null => null },
    }.Where(part => !string.IsNullOrEmpty(part)));

    private static string Name(WantedKey key) => key switch
    {
        { Kind: "password" } => "A password",
        { Fingerprint: null } => "A master key that the file does not name",
        { Profile: null } => $"Key {key.Fingerprint}",
        _ => $"Key {key.Fingerprint} (profile '{key.Profile}')",
    };
}
