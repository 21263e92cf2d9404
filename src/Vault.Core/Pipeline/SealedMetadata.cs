using Vault.Core.Formats;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>What a <c>sealed</c> file and its name tell without metadata.</summary>
public static class SealedMetadata
{
    /// <param name="objectName">The start and the compression are read from names that Vault gives.</param>
    public static BackupMetadata Of(SealedHeader header, string objectName) => new()
    {
        StartedAt = ObjectNames.StartOf(objectName),
        Compression = CompressionMethods.OfName(objectName),
        Encryption = new EncryptionMetadata
        {
            Enabled = true,
            IsFromPassword = header.IsFromPassword ? true : null,
            Format = SealedFormat.Word,
            Algorithm = StandardFormat.Algorithm,
            Iv = Convert.ToHexStringLower(header.Salt),
        },
    };
}
