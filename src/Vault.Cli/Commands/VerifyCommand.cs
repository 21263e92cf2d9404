using System.CommandLine;
using Vault.Adapters;
using Vault.Cli.Backups;
using Vault.Cli.Keys;
using Vault.Cli.Terminal;
using Vault.Core.Engines;
using Vault.Core.Pipeline;

namespace Vault.Cli.Commands;

/// <summary>Reads a backup as a restore would, to its last byte, and writes nothing.</summary>
internal static class VerifyCommand
{
    private static readonly Argument<string> File = new("FILE") { Description = "The backup." };

    public static Command Create()
    {
        var command = new Command("verify", "Read a whole backup and prove it: its tags, its checksums, its compression, and the end of the dump in it.") { File, KeyRing.KeyFiles };
        Execution.SetAction(command, RunAsync);
        return command;
    }

    private static async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancel)
    {
        var backup = BackupOnDisk.Read(parsed.GetRequiredValue(File));
        using var keys = await KeyRing.ForAsync(backup, parsed, cancel);
        var proofs = EngineRegistry.Create(EngineOptions.Default);
        var proved = await BackupVerifier.VerifyAsync(backup.ToFile(), recorded: null, keys.CandidatesFor(backup), proofs.CreateProof, screen, cancel);
        if (parsed.GetValue(Execution.Json)) Json.Write(new Verified(backup.Path, proved));
        else Console.Out.WriteLine(Printable.Of($"{backup.Path} is whole: {proved.DumpSizeBytes} bytes of dump. {proved.EndSeen}"));
    }

    private sealed class Verified(string file, VerifiedBackup proved)
    {
        public string File => file;

        public string? Key => proved.ProfileName;

        public bool WasSmartRecovery => proved.WasSmartRecovery;

        public long StoredBytes => proved.StoredSizeBytes;

        public string StoredSha256 => proved.StoredSha256;

        public long DumpBytes => proved.DumpSizeBytes;

        public string DumpSha256 => proved.DumpSha256;

        public string? DumpFormat => proved.Metadata.DumpFormat;

        public IReadOnlyList<TableRows> Tables => proved.Tables;

        public string EndSeen => proved.EndSeen;
    }
}
