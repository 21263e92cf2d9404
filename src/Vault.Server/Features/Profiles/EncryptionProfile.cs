using Vault.Core.Formats;

namespace Vault.Server.Features.Profiles;

/// <summary>A named master key.</summary>
internal sealed class EncryptionProfile
{
    public Guid Id { get; init; }
    public required string Name { get; set; }

    /// <summary>32 bytes of master key, wrapped by the system key, bound to EncryptionProfiles/Id/WrappedMasterKey.</summary>
    public required string WrappedMasterKey { get; set; }

    /// <summary>16 hex characters that name the key and do not reveal it (design §3).</summary>
    public required string KeyFingerprint { get; init; }

    /// <summary>A disabled profile makes no new backups; it still opens old ones.</summary>
    public bool IsEnabled { get; set; } = true;

    public bool IsImported { get; init; }
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its owner last copied the key.</summary>
    public DateTimeOffset? KeyCopiedAt { get; set; }

    /// <summary><c>sealed</c> or <c>standard</c>: how new backups are written. Old ones are read whatever they are.</summary>
    public string Format { get; set; } = EncryptionFormat.Sealed.ToWord();

    /// <summary>When a whole Recovery Kit last went out. This and <see cref="KeyCopiedAt"/> null: the key exists in this vault only.</summary>
    public DateTimeOffset? KitDownloadedAt { get; set; }
}
