using System.CommandLine;
using Vault.Cli.Backups;
using Vault.Cli.Terminal;
using Vault.Core;
using Vault.Core.Keys;
using Vault.Core.Pipeline;

namespace Vault.Cli.Keys;

/// <summary>The keys that a command was given, by environment, file or prompt; never by argument.</summary>
internal sealed class KeyRing : IDisposable
{
    public static readonly Option<FileInfo[]> KeyFiles = new("--key-file")
    {
        Description = "A file with the master key (64 hexadecimal characters), with several, one a line, or a Recovery Kit's key.txt. " +
            "Without it: VAULT_KEY, VAULT_KEY_FILE, or a prompt.",
        HelpName = "FILE",
    };

    private readonly List<NamedKey> keys;

    private KeyRing(List<NamedKey> keys) => this.keys = keys;

    public bool IsEmpty => keys.Count == 0;

    /// <exception cref="ProblemException">A key file cannot be read, or holds no key.</exception>
    public static KeyRing Given(ParseResult parsed)
    {
        var found = new List<NamedKey>();
        foreach (var file in parsed.GetValue(KeyFiles) ?? []) found.AddRange(ReadFile(file.FullName, file.Name));
        if (found.Count == 0 && Text("VAULT_KEY") is { } hex) found.Add(new NamedKey("VAULT_KEY", One(hex, "VAULT_KEY")));
        if (found.Count == 0 && Text("VAULT_KEY_FILE") is { } path) found.AddRange(ReadFile(path, Path.GetFileName(path)));
        return new KeyRing(found);
    }

    /// <summary>As above; a person who gave none is asked when the backup needs one.</summary>
    /// <exception cref="ProblemException">A key was given and the backup is not encrypted.</exception>
    public static async Task<KeyRing> ForAsync(BackupOnDisk backup, ParseResult parsed, CancellationToken cancel)
    {
        var ring = Given(parsed);
        if (backup.IsEncrypted is false) ring.RefuseUnencrypted(backup);
        if (backup.IsEncrypted is true && ring.IsEmpty && Prompt.IsPossible)
            ring.keys.Add(new NamedKey("the key you typed", One(await Prompt.SecretAsync("Master key (64 hexadecimal characters, not shown): ", cancel), "What you typed")));
        return ring;
    }

    /// <summary>With one key there is nothing to search: it counts as the one that the backup names.</summary>
    public IReadOnlyList<CandidateKey> CandidatesFor(BackupOnDisk backup)
    {
        var named = keys.Count == 1 && Guid.TryParse(backup.Metadata?.Encryption?.ProfileId, out var id) ? id : (Guid?)null;
        return [.. keys.Select(key => new CandidateKey(named ?? Guid.NewGuid(), key.Name, () => MasterKey.FromBytes(key.Key.Bytes)))];
    }

    /// <summary>Null: only opening the file would tell.</summary>
    public bool? Opens(BackupOnDisk backup) => backup.Metadata?.Encryption?.KeyFingerprint is { } wanted && !IsEmpty
        ? keys.Any(key => key.Key.Fingerprint.Equals(wanted, StringComparison.OrdinalIgnoreCase))
        : null;

    public void Dispose()
    {
        foreach (var key in keys) key.Key.Dispose();
    }

    /// <summary>Who can write to the folder could put an unencrypted file of his own in the place of an encrypted one.</summary>
    private void RefuseUnencrypted(BackupOnDisk backup)
    {
        if (IsEmpty) return;
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
