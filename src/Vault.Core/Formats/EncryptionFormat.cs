namespace Vault.Core.Formats;

/// <summary>How a backup file is encrypted (docs/format.md §3 and §4).</summary>
public enum EncryptionFormat
{
    /// <summary>One AES-256-GCM message; IV and tag stand in the metadata. Other programs read it; ends at 64 GiB.</summary>
    Standard,

    /// <summary>Chunks that are authentic one by one, behind a header of their own: no limit, no need of metadata.</summary>
    Sealed,
}

public static class EncryptionFormats
{
    /// <summary>The word in metadata and tables.</summary>
    public static string ToWord(this EncryptionFormat format) => format switch
    {
        EncryptionFormat.Sealed => SealedFormat.Word,
        _ => StandardFormat.Word,
    };

    /// <summary>Null: the word is unknown.</summary>
    public static EncryptionFormat? Parse(string? word) => word switch
    {
        SealedFormat.Word => EncryptionFormat.Sealed,
        StandardFormat.Word => EncryptionFormat.Standard,
        _ => null,
    };
}
