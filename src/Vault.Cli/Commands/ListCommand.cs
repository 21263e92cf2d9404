using System.CommandLine;
using Vault.Cli.Backups;
using Vault.Cli.Keys;
using Vault.Cli.Terminal;

namespace Vault.Cli.Commands;

internal static class ListCommand
{
    private static readonly Argument<string> Folder = new("FOLDER") { Description = "Where backups lie, also in folders below." };

    public static Command Create()
    {
        var command = new Command("list", "List the backups of a folder, newest first, and the keys that they need. Given keys, it says which backups they open.") { Folder, KeyRing.KeyFiles };
        Execution.SetAction(command, (parsed, _, cancel) => Task.Run(() => Show(parsed, cancel), CancellationToken.None));
        return command;
    }

    private static void Show(ParseResult parsed, CancellationToken cancel)
    {
        var folder = parsed.GetRequiredValue(Folder);
        using var keys = KeyRing.Given(parsed);
        List<BackupFacts> backups = [.. FolderListing.Of(folder, cancel).Select(backup => BackupFacts.Of(backup) with { Opens = keys.Opens(backup) })];
        var wanted = WantedKey.Of(backups);
        if (parsed.GetValue(Execution.Json)) Json.Write(new Listing(Path.GetFullPath(folder), backups, wanted));
        else foreach (var line in ListText.Of(folder, backups, wanted)) Console.Out.WriteLine(line);
    }

    private sealed record Listing(string Folder, IReadOnlyList<BackupFacts> Backups, IReadOnlyList<WantedKey> Keys);
}
