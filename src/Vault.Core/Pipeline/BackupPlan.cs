using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>What one backup run makes.</summary>
/// <param name="Engine">An engine's id: <c>postgresql</c>.</param>
/// <param name="Level">Of <see cref="CompressionMethods.Levels"/>; brought into its bounds.</param>
/// <param name="Key">Null: not encrypted, or with <see cref="Password"/>. The caller disposes it.</param>
public sealed record BackupPlan(
    Guid BackupId,
    Guid JobId,
    string JobName,
    string SourceName,
    string Engine,
    string? Description,
    string StartedBy,
    CompressionMethod Compression,
    int Level,
    BackupKey? Key)
{
    public EncryptionFormat Format { get; init; } = EncryptionFormat.Sealed;

    /// <summary>Instead of a profile's key; always <c>sealed</c>. The caller disposes it.</summary>
    public Password? Password { get; init; }

    public bool IsEncrypted => Key is not null || Password is not null;

    internal IEncryptor CreateEncryptor() => this switch
    {
        { Password: { } password } => SealedWriter.Create(password),
        { Key: { Key: var key }, Format: EncryptionFormat.Standard } => new StandardWriter(key),
        { Key: { Key: var key } } => SealedWriter.Create(key),
        _ => new NoEncryptor(),
    };
}

/// <summary>The master key of a profile, open for one run.</summary>
public sealed record BackupKey(Guid ProfileId, string ProfileName, MasterKey Key);

/// <summary>A backup that is whole, durable and read back.</summary>
public sealed record BackupOutcome(string ObjectName, BackupMetadata Metadata, long StoredSizeBytes);

/// <summary>A profile that may open a backup. <paramref name="Open"/> gives a key that its caller disposes.</summary>
public sealed record CandidateKey(Guid ProfileId, string ProfileName, Func<MasterKey> Open)
{
    /// <summary>Set instead of <see cref="Open"/>: opens what was sealed with a password.</summary>
    public Password? Password { get; private init; }

    internal bool IsNamedBy(EncryptionMetadata? encryption) => Guid.TryParse(encryption?.ProfileId, out var id) && id == ProfileId;

    /// <summary>Null, and a line in the log, when the profile's key cannot be had.</summary>
    internal MasterKey? TryOpen(IRunLog log)
    {
        try
        {
            return Open();
        }
        catch (ProblemException cause)
        {
            log.Write(LogLevel.Warning, $"The key of profile '{ProfileName}' could not be used: {cause.Problem.Message}");
            return null;
        }
    }

    /// <param name="name">What messages call it, such as <c>the password that was typed</c>.</param>
    /// <param name="password">The caller disposes it.</param>
    public static CandidateKey OfPassword(string name, Password password) =>
        new(Guid.Empty, name, static () => throw new InvalidOperationException("A password becomes a key only with a file's salt.")) { Password = password };
}

/// <summary>A stored backup to be opened.</summary>
/// <param name="Metadata">Null when it is missing or cannot be read; a <c>sealed</c> file opens without.</param>
/// <param name="OpenAsync">Opens the object from the byte that is asked for; called once for each pass.</param>
public sealed record BackupFile(string ObjectName, BackupMetadata? Metadata, Func<long, CancellationToken, Task<Stream>> OpenAsync, long SizeBytes)
{
    /// <summary>Why there is no metadata, when it is there and cannot be read.</summary>
    public Problem? MetadataProblem { get; init; }

    /// <summary>The SHA-256 of the dump that was recorded when the backup was made; null when nobody but the metadata knows it.</summary>
    public string? RecordedDumpSha256 { get; init; }

    /// <summary>From byte <paramref name="offset"/> on; what fails there, now or while it is read, is said in words.</summary>
    internal async Task<Stream> ReadFromAsync(long offset, CancellationToken cancel) =>
        new ExplainedStream(await Stage.ReadBackupAsync(() => OpenAsync(offset, cancel), cancel));

    /// <summary>The first bytes; fewer than <paramref name="size"/> when the file is shorter.</summary>
    internal async Task<byte[]> ReadHeadAsync(int size, CancellationToken cancel)
    {
        await using var stream = await ReadFromAsync(0, cancel);
        var head = new byte[size];
        return head[..await stream.ReadAtLeastAsync(head, size, throwOnEndOfStream: false, cancel)];
    }
}

/// <summary>An opened backup: what <see cref="Dump"/> yields is authentic, byte for byte.</summary>
public sealed class OpenedBackup : IAsyncDisposable
{
    private readonly UnpackedDump dump;

    internal OpenedBackup(UnpackedDump dump, EncryptionFormat? format, string? profileName, bool wasSmartRecovery) =>
        (this.dump, Format, ProfileName, WasSmartRecovery) = (dump, format, profileName, wasSmartRecovery);

    /// <summary>The dump as the engine wrote it. Throws where the file is damaged or changed: what was restored until then must be undone.</summary>
    public Stream Dump => dump.Content;

    /// <summary>SHA-256 of the dump, lowercase hex; null until it was read to its end.</summary>
    public string? DumpSha256 => dump.Passed.Sha256;

    /// <summary>As read, or what the file itself tells when it had none; a missing <c>dumpFormat</c> is filled in from the dump's first bytes.</summary>
    public BackupMetadata Metadata => dump.Metadata;

    /// <summary>How the file is encrypted; null when it is not.</summary>
    public EncryptionFormat? Format { get; }

    /// <summary>Whose key opened it; null when it is not encrypted.</summary>
    public string? ProfileName { get; }

    public bool WasSmartRecovery { get; }

    public ValueTask DisposeAsync() => Dump.DisposeAsync();
}
