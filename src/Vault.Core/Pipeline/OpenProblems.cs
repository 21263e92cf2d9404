using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>Why a backup does not open: each fault has its own words.</summary>
internal static class OpenProblems
{
    public static Problem MetadataMissing(string objectName) => new(
        "metadata-missing",
        $"The metadata {ObjectNames.MetadataOf(objectName)} is missing. The IV and the authentication tag stand only there, so the backup cannot be opened.",
        "Put the .meta.json back beside the backup file, from another copy or from the folder that the backup came from.");

    private static Problem Truncated(long foundBytes, long expectedBytes) => new(
        "file-truncated",
        $"The backup file was cut: it has {foundBytes} bytes, its metadata says {expectedBytes}. Nothing of it was released.",
        "Copy the file again from its destination, or restore another backup.");

    private static Problem TooLong(long foundBytes, long expectedBytes) => new(
        "file-too-long",
        $"The backup file has {foundBytes} bytes, its metadata says {expectedBytes}: something was added, or the metadata belongs to another file. Nothing of it was released.",
        "Copy the file and its .meta.json again from their destination, or restore another backup.");

    public static void ThrowIfSizeDiffers(long foundBytes, long expectedBytes)
    {
        if (foundBytes != expectedBytes)
        {
            throw new ProblemException(foundBytes < expectedBytes ? Truncated(foundBytes, expectedBytes) : TooLong(foundBytes, expectedBytes));
        }
    }

    public static Problem TagMismatch(string profileName) => new(
        "tag-mismatch",
        $"The key of profile '{profileName}' fits, but the authentication tag does not: the file or its metadata was damaged or changed. Nothing of it was released.",
        "Copy the file and its .meta.json again from their destination, or restore another backup.");

    public static Problem HashMismatch => new(
        "hash-mismatch",
        "The SHA-256 of the backup file is not the one in its metadata: the file was damaged or changed. Nothing of it was released.",
        "Copy the file and its .meta.json again from their destination, or restore another backup.");

    public static Problem DumpMismatch => new(
        "dump-mismatch",
        "The dump inside the backup is not the one that its metadata describes (size or SHA-256), so the restore must not be kept.",
        "Put the backup's own .meta.json back beside it, or restore another backup.");

    public static Problem BackupExchanged => new(
        "backup-exchanged",
        "The file is a backup under this key, but not the one that the catalogue recorded here (the SHA-256 of its dump differs), so the restore must not be kept.",
        "Find out who exchanged it, and put the backup's own file back from another copy.");

    public static Problem HeaderDamaged => new(
        "seal-header",
        "The metadata says that this file is sealed, and its header is not there: the file was damaged, or the metadata belongs to another file. Nothing of it was released.",
        "Copy the file and its .meta.json again from their destination, or restore another backup.");

    public static Problem NotSaidEncrypted => new(
        "backup-exchanged",
        "The name of this backup says that it is encrypted (.enc) and its metadata says that it is not, so the metadata is not its own or was changed. Nothing of it was released.",
        "Put the backup's own .meta.json back beside it, from another copy of the backup.");

    public static Problem NoPassword => new(
        "password-needed",
        "This backup was sealed with a password, and none was given, so it cannot be opened.",
        "Give the password that was chosen when the backup was made.");

    public static Problem WrongPassword => new(
        "wrong-password",
        "Wrong password: it does not open this backup.",
        "Type the password that was chosen when the backup was made; capitals and blanks count.");

    public static Problem NoKey(EncryptionMetadata encryption, IReadOnlyList<string> tried) => tried switch
    {
        [] => new Problem("no-key-matches", $"The backup is encrypted with {Wanted(encryption)}, and there is no key here to try.", Import(encryption)),
        [var only] => new Problem("wrong-key", $"The key of profile '{only}' does not open this backup; it was made with {Wanted(encryption)}.", Import(encryption)),
        _ => new Problem("no-key-matches", $"No key here opens this backup; it was made with {Wanted(encryption)}. Tried: {string.Join(", ", tried.Select(name => $"'{name}'"))}.", Import(encryption)),
    };

    private static string Wanted(EncryptionMetadata encryption)
    {
        var name = encryption.ProfileName is { Length: > 0 and <= 200 } profile ? $"the profile '{profile}'" : "a profile of another vault";
        return encryption.KeyFingerprint is { Length: 16 } print && print.All(char.IsAsciiHexDigit) ? $"{name} (key {print})" : name;
    }

    private static string Import(EncryptionMetadata encryption) =>
        $"Import the 64-character master key of {Wanted(encryption)} under Settings > Vault > Import Key, then start again.";
}
