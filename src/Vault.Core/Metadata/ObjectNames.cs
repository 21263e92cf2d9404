using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Vault.Core.Pipeline;

namespace Vault.Core.Metadata;

/// <summary><c>job-slug/2026-11-21T02-00-00-000Z-12hexofrunid.ext[.gz|.br|.zst][.enc]</c> (docs/format.md).</summary>
public static partial class ObjectNames
{
    public const string MetadataSuffix = ".meta.json";
    public const string EncryptedSuffix = ".enc";

    private const int MaxSlugLength = 48;
    private const string StartPattern = "yyyy-MM-dd'T'HH-mm-ss-fff'Z'";
    private const int StartLength = 24;

    public static string ForBackup(string jobName, DateTimeOffset startedAt, Guid runId, string extension, CompressionMethod c, bool isEncrypted)
    {
        var at = startedAt.UtcDateTime.ToString(StartPattern, CultureInfo.InvariantCulture);
        return $"{Slug(jobName)}/{at}-{RunWord(runId)}.{Checked(extension)}{c.ToSuffix()}{(isEncrypted ? EncryptedSuffix : "")}";
    }

    public static string MetadataOf(string objectName) => objectName + MetadataSuffix;

    public static bool IsMetadata(string name) => name.EndsWith(MetadataSuffix, StringComparison.Ordinal);

    /// <summary>Whether Vault gives such names to backups and their metadata; in a folder that others use too, the rest is theirs.</summary>
    public static bool IsVaults(string name) => Own().IsMatch(name);

    /// <summary>When the run began that made an object of this name; null when the name is not Vault's.</summary>
    public static DateTimeOffset? StartOf(string objectName) => IsVaults(objectName)
        && DateTimeOffset.TryParseExact(objectName.Split('/')[1][..StartLength], StartPattern, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    /// <summary>Two job names may share a slug: the run id keeps their objects apart.</summary>
    internal static string Slug(string jobName)
    {
        var slug = new StringBuilder();
        foreach (var letter in jobName.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(letter))
            {
                slug.Append(letter);
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }

        var cut = slug.ToString(0, Math.Min(slug.Length, MaxSlugLength)).Trim('-');
        return cut.Length > 0 ? cut : "job";
    }

    // The last digits: the first ones of a version 7 UUID are its clock, equal for runs that start together.
    private static string RunWord(Guid runId) => runId.ToString("n")[^12..];

    private static string Checked(string extension) => extension.Length > 0 && extension.All(char.IsAsciiLetterOrDigit)
        ? extension
        : throw new ArgumentException("An extension is letters and digits without a dot.", nameof(extension));

    [GeneratedRegex(@"\A[a-z0-9-]+/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z-[0-9a-f]{12}\.[A-Za-z0-9.]+\z")]
    private static partial Regex Own();
}
