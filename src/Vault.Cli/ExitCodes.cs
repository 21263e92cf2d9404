using Vault.Core;

namespace Vault.Cli;

/// <summary>What the program ends with; docs/vaultctl.md and --help say the same.</summary>
internal static class ExitCodes
{
    public const int Ok = 0, Failed = 1, Usage = 2, Key = 3, Damaged = 4, Missing = 5, Target = 6, Disk = 7, Unsupported = 8, Cancelled = 130;

    public const string Help = """
        Exit codes: 0 done, 2 wrong usage, 3 no right key, 4 the backup is damaged, 5 a file or its metadata is missing,
        6 the target refuses (a database, or a file that exists), 7 a disk fails or is full, 8 a tool or format is not known here,
        130 cancelled, 1 anything else; 78: rotate-key changed nothing.
        """;

    private static readonly Dictionary<int, string[]> Codes = new()
    {
        [Usage] = ["usage", "secret-in-arguments", "url-unreadable", "url-missing", "not-confirmed", "setting-missing", "setting-invalid"],
        [Key] = ["wrong-key", "wrong-password", "no-key-matches", "password-needed", "master-key-malformed", "key-malformed", "key-unexpected"],
        [Damaged] =
        [
            "tag-mismatch", "hash-mismatch", "file-truncated", "file-too-long", "file-changed", "compression-damaged",
            "dump-mismatch", "dump-incomplete", "rows-mismatch", "backup-exchanged", "nothing-to-compare", "dump-empty", "dump-unknown", "database-damaged", "not-sqlite", "script-forbidden",
        ],
        [Missing] = ["file-missing", "file-unreadable", "folder-missing", "key-file-unreadable", "url-file-unreadable"],
        [Disk] = ["out-full", "out-failed", "out-unwritable", "out-folder-missing", "store-failed", "target-full", "server-full", "spool-full", "spool-failed"],
        [Unsupported] = ["format-unknown", "algorithm-unknown", "compression-unknown", "metadata-version", "engine-unknown", "tool-missing", "tool-too-old"],
    };

    /// <summary>What is not named here was said by the engine of the target.</summary>
    public static int Of(Problem problem)
    {
        foreach (var (exit, codes) in Codes)
            if (codes.Contains(problem.Code)) return exit;
        return Family(problem.Code);
    }

    private static int Family(string code) => code switch
    {
        _ when code.StartsWith("metadata-", StringComparison.Ordinal) => Missing,
        _ when code.StartsWith("seal-", StringComparison.Ordinal) || code.StartsWith("sealed-", StringComparison.Ordinal) => Damaged,
        _ => Target,
    };
}
