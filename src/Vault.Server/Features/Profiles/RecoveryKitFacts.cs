using System.Globalization;
using System.Text.RegularExpressions;

namespace Vault.Server.Features.Profiles;

/// <summary>A backup that the key opens, as the catalogue knows it.</summary>
internal sealed record RecoveryKitBackup(
    DateTimeOffset StartedAt, string Job, string Source, string Engine, string Databases, string DumpFormat, string? Format, string Compression,
    string State, string? Description, IReadOnlyList<RecoveryKitCopy> Copies);

internal sealed record RecoveryKitCopy(string Destination, string Object, string Metadata, long SizeBytes);

/// <param name="Settings">By their labels; none of them is secret.</param>
internal sealed record RecoveryKitDestination(string Name, string Kind, IReadOnlyDictionary<string, string> Settings);

/// <summary>Everything in a kit but the key.</summary>
/// <param name="Vault">Tells a person which of several vaults it was.</param>
/// <param name="Backups">Newest first.</param>
internal sealed partial record RecoveryKitFacts(
    string ProfileName, string Fingerprint, DateTimeOffset MadeAt, string Vault,
    IReadOnlyList<RecoveryKitDestination> Destinations, IReadOnlyList<RecoveryKitBackup> Backups)
{
    private const int LongestSlug = 40;

    public string FileName => $"vault-recovery-kit-{Slug(ProfileName)}-{Fingerprint[..8]}-{MadeAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}.zip";

    public string MadeAtText => $"{Instant(MadeAt)} UTC";

    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>
    /// Somebody else's metadata may hold line ends, and a name may look like a key: the key has to be the only word of its kind
    /// in a file, because recover.html takes it out of there.
    /// </summary>
    public static string OneLine(string text) => KeyLike().Replace(Controls().Replace(text, " "), word => $"{word.Value[..8]}…");

    private static string Slug(string name)
    {
        var slug = NoSlug().Replace(name.ToLowerInvariant(), "-");
        slug = slug[..Math.Min(slug.Length, LongestSlug)].Trim('-');
        return slug.Length > 0 ? slug : "profile";
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NoSlug();

    [GeneratedRegex("[0-9A-Fa-f]{64,}")]
    private static partial Regex KeyLike();

    [GeneratedRegex(@"[\p{Cc}\p{Cf}\u2028\u2029]+")]
    private static partial Regex Controls();
}
