using System.CommandLine;
using Vault.Cli.Backups;
using Vault.Cli.Terminal;
using Vault.Core;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Pipeline;

namespace Vault.Cli.Keys;

/// <summary>The keys that a command was given, by environment, file or prompt; never by argument.</summary>
internal sealed class KeyRing : IDisposable
{
    private const string LastResort = "BACKUP_ENCRYPTION_PASSWORD";

    public static readonly Option<FileInfo[]> KeyFiles = new("--key-file")
    {
        Description = "A file with the master key (64 hexadecimal characters), with several, one a line, or a Recovery Kit's key.txt. " +
            "Without it: VAULT_KEY, VAULT_KEY_FILE, or a prompt. A password comes by VAULT_PASSWORD or a prompt.",
        HelpName = "FILE",
    };

    private readonly List<NamedKey> keys;
    private (string Name, Password Password)? password;

    private KeyRing(List<NamedKey> keys) => this.keys = keys;

    /// <summary>Nobody asked for encryption: the last resort stands in the environment for other backups.</summary>
    private bool IsUnasked => keys.Count == 0 && password is null or { Name: LastResort };

    /// <exception cref="ProblemException">A key file cannot be read, or holds no key.</exception>
    public static KeyRing Given(ParseResult parsed)
    {
        var found = new List<NamedKey>();
        foreach (var file in parsed.GetValue(KeyFiles) ?? []) found.AddRange(ReadFile(file.FullName, file.Name));
        if (found.Count == 0 && Text("VAULT_KEY") is { } hex) found.Add(new NamedKey("VAULT_KEY", One(hex, "VAULT_KEY")));
        if (found.Count == 0 && Text("VAULT_KEY_FILE") is { } path) found.AddRange(ReadFile(path, Path.GetFileName(path)));
        return new KeyRing(found) { password = new[] { "VAULT_PASSWORD", LastResort }.Select(Named).FirstOrDefault(named => named is not null) };

        static (string, Password)? Named(string variable) => Text(variable) is { } typed ? (variable, Password.From(typed)) : null;
    }

    /// <summary>As above; a person who gave none is asked when the backup needs one.</summary>
    /// <exception cref="ProblemException">A key was given and the backup is not encrypted.</exception>
    public static async Task<KeyRing> ForAsync(BackupOnDisk backup, ParseResult parsed, CancellationToken cancel)
    {
        var ring = Given(parsed);
        if (backup.IsEncrypted is false) ring.RefuseUnencrypted(backup);
        if (backup.IsEncrypted is true && Prompt.IsPossible) await ring.AskAsync(backup.IsFromPassword, cancel);
        return ring;
    }

    /// <summary>With one key there is nothing to search: it counts as the one that the backup names.</summary>
    public IReadOnlyList<CandidateKey> CandidatesFor(BackupOnDisk backup)
    {
        var named = keys.Count == 1 && Guid.TryParse(backup.Metadata?.Encryption?.ProfileId, out var id) ? id : (Guid?)null;
        return
        [
            .. keys.Select(key => new CandidateKey(named ?? Guid.NewGuid(), key.Name, () => MasterKey.FromBytes(key.Key.Bytes))),
            .. password is { } given ? [CandidateKey.OfPassword(given.Name, given.Password)] : Array.Empty<CandidateKey>(),
        ];
    }

    /// <summary>Exact for sealed files, by the fingerprint in the metadata for others. Null: no such key was given, or only opening the file would tell.</summary>
    public bool? Opens(BackupOnDisk backup) => (backup, backup.IsFromPassword ? password is null : keys.Count == 0) switch
    {
        (_, true) => null,
        ({ Header: { IsOk: true } header }, _) => backup.IsFromPassword ? IsPasswordOf(header.Value) : keys.Any(key => header.Value.IsKey(key.Key)),
        ({ IsSealed: false, Metadata.Encryption.KeyFingerprint: { } wanted }, _) => keys.Any(key => key.Key.Fingerprint.Equals(wanted, StringComparison.OrdinalIgnoreCase)),
        _ => null,
    };

    public void Dispose()
    {
        foreach (var key in keys) key.Key.Dispose();
        password?.Password.Dispose();
    }

    private async Task AskAsync(bool isForPassword, CancellationToken cancel)
    {
        if (isForPassword && password is null)
            password = ("the password you typed", Password.From(await Prompt.SecretAsync("Password of the backup (not shown): ", cancel)));
        if (!isForPassword && keys.Count == 0)
            keys.Add(new NamedKey("the key you typed", One(await Prompt.SecretAsync("Master key (64 hexadecimal characters, not shown): ", cancel), "What you typed")));
    }

    private bool IsPasswordOf(SealedHeader header)
    {
        using var key = password!.Value.Password.Derive(header.Salt, header.Rounds);
        return header.IsKey(key);
    }

    /// <summary>Who can write to the folder could put an unencrypted file of his own in the place of an encrypted one.</summary>
    private void RefuseUnencrypted(BackupOnDisk backup)
    {
        if (IsUnasked) return;
        Dispose();
        throw new ProblemException("key-unexpected", $"A key was given and {backup.Path} is not encrypted: nothing proves who wrote it.",
            "If you know that this backup was made without encryption, run this again without a key.");
    }

    private static MasterKey One(string text, string origin) => KeyText.Find(text, origin) is [var only]
        ? only.Key
        : throw new ProblemException("key-malformed", $"{origin} is no master key: a master key is 64 hexadecimal characters (0-9, a-f).",
            "Copy the key again from where it was saved, whole and without other text.");

    private static IReadOnlyList<NamedKey> ReadFile(string path, string name)
    {
        try
        {
            return KeyText.Find(File.ReadAllText(path), name) is { Count: > 0 } found ? found : throw new ProblemException("key-malformed",
                $"There is no master key in {path}: a line with 64 hexadecimal characters (0-9, a-f).", "Put the key into that file, or name another one.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("key-file-unreadable", $"The key file {path} could not be read ({error.Message.TrimEnd('.')}).", "Correct its name or its rights.", error);
        }
    }

    private static string? Text(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? text : null;
}
