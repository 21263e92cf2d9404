using System.CommandLine;
using System.Security.Cryptography;
using Vault.Cli.Backups;
using Vault.Cli.Keys;
using Vault.Cli.Terminal;
using Vault.Core;
using Vault.Core.Pipeline;

namespace Vault.Cli.Commands;

/// <summary>Writes the dump itself. Its file appears only when everything was right.</summary>
internal static class DecryptCommand
{
    private static readonly Argument<string> File = new("FILE") { Description = "The backup." };

    private static readonly Option<string> Out = new("--out", "-o")
    {
        Required = true, HelpName = "OUT",
        Description = "The file to write; \"-\" writes to standard output, and then only the exit code says that it was all of it.",
    };

    private static readonly Option<bool> Force = new("--force") { Description = "Overwrite OUT when it exists." };

    public static Command Create()
    {
        var command = new Command("decrypt", "Write the dump that is in a backup, decrypted and unpacked. When anything is wrong there is no OUT.") { File, Out, Force, KeyRing.KeyFiles };
        Execution.SetAction(command, RunAsync);
        return command;
    }

    private static async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancel)
    {
        var outPath = parsed.GetRequiredValue(Out);
        var backup = BackupOnDisk.Read(parsed.GetRequiredValue(File));
        Refuse(backup, outPath, parsed.GetValue(Execution.Json));
        using var output = outPath == "-" ? null : PendingFile.Create(outPath, parsed.GetValue(Force));
        using var keys = await KeyRing.ForAsync(backup, parsed, cancel);
        await using var opened = await BackupOpener.OpenAsync(backup.ToFile(), keys.CandidatesFor(backup), screen, cancel);
        screen.Phase("Decrypting");
        await using var pipe = output is null ? new PipeOut() : null;
        var (bytes, sha256) = await DumpCopy.RunAsync(opened.Dump, output is null ? pipe!.WriteAsync : output.WriteAsync, opened.Metadata.Sizes?.Dump, screen, cancel);
        cancel.ThrowIfCancellationRequested();
        output?.Keep();
        Tell(parsed, screen, new Decrypted(backup.Path, output is null ? null : Path.GetFullPath(outPath), bytes, sha256, opened.Metadata.DumpFormat, opened.ProfileName, opened.WasSmartRecovery));
    }

    private static void Refuse(BackupOnDisk backup, string outPath, bool isJson)
    {
        if (outPath == "-" && isJson)
            throw new ProblemException("usage", "Standard output cannot take both the dump and JSON.", "Leave out --json, or write to a file.");
        if (outPath != "-" && new[] { backup.Path, backup.MetadataPath }.Any(own => Path.GetFullPath(own) == Path.GetFullPath(outPath)))
            throw new ProblemException("out-exists", $"{outPath} is the backup itself.", "Choose another name.");
    }

    private static void Tell(ParseResult parsed, Screen screen, Decrypted result)
    {
        if (parsed.GetValue(Execution.Json)) Json.Write(result);
        else if (result.Out is null) screen.Say($"Wrote {result.Bytes} bytes to standard output.");
        else Console.Out.WriteLine($"Wrote {result.Bytes} bytes to {Printable.Of(result.Out)}.");
    }

    private sealed record Decrypted(string File, string? Out, long Bytes, string Sha256, string? DumpFormat, string? Key, bool WasSmartRecovery);
}
