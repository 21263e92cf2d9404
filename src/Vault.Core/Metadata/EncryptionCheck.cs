using Vault.Core.Formats;

namespace Vault.Core.Metadata;

/// <summary>Refuses everything that is not exactly the standard format: a short tag would be easy to forge. A <c>sealed</c> file speaks for itself.</summary>
internal static class EncryptionCheck
{
    private const string Next = "Put the backup's own .meta.json back beside it, from another copy of the backup.";

    public static Problem? Check(EncryptionMetadata encryption) => encryption switch
    {
        { Enabled: false } or { Format: SealedFormat.Word } => null,
        { Format: not (null or StandardFormat.Word) } => new Problem(
            "format-unknown",
            "The metadata names an encryption format that this version of Vault does not know, so the backup cannot be opened.",
            "Open it with the version of Vault that made it, or with a newer one."),
        { Algorithm: not null } when !encryption.Algorithm.Equals(StandardFormat.Algorithm, StringComparison.OrdinalIgnoreCase) => new Problem(
            "algorithm-unknown",
            "The metadata names an encryption algorithm other than aes-256-gcm, so the backup cannot be opened.",
            "Open it with the program that made it."),
        _ => CheckIv(encryption.Iv) ?? CheckTag(encryption.AuthTag),
    };

    private static Problem? CheckIv(string? iv) => HexLength(iv) switch
    {
        null => new Problem("metadata-iv-malformed", "The metadata has no readable IV (hex), and without it the backup cannot be opened.", Next),
        var length when StandardFormat.IsIvLength(length.Value) => null,
        var length => new Problem("metadata-iv-length", $"The IV in the metadata has {length} bytes; it must have 16 (or 12), so the backup was not opened.", Next),
    };

    private static Problem? CheckTag(string? tag) => HexLength(tag) switch
    {
        null => new Problem("metadata-tag-malformed", "The metadata has no readable authentication tag (hex), and without it the backup cannot be proved authentic, so it was not opened.", Next),
        GcmCipher.TagSize => null,
        var length => new Problem("metadata-tag-length", $"The authentication tag in the metadata has {length} bytes; it must have exactly 16. A shorter tag is easy to forge, so the backup was not opened.", Next),
    };

    private static int? HexLength(string? hex) => hex is { Length: > 0 } && hex.Length % 2 == 0 && hex.All(char.IsAsciiHexDigit) ? hex.Length / 2 : null;
}
