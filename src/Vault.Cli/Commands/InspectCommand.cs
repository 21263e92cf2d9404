using System.CommandLine;
using Vault.Cli.Backups;
using Vault.Cli.Terminal;

namespace Vault.Cli.Commands;

internal static class InspectCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The backup." };
        var command = new Command("inspect", "Say what a backup file is; needs no key and proves nothing.") { file };
        Execution.SetAction(command, (parsed, _, _) => Task.Run(() => Show(parsed.GetRequiredValue(file), parsed.GetValue(Execution.Json)), CancellationToken.None));
        return command;
    }

    private static void Show(string path, bool isJson)
    {
        var facts = BackupFacts.Of(BackupOnDisk.Read(path));
        if (isJson)
        {
            Json.Write(facts);
            return;
        }

        foreach (var line in FactsText.Of(facts)) Console.Out.WriteLine(line);
    }
}
