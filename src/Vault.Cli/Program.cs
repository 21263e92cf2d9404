using System.CommandLine;
using Vault.Adapters.Sqlite;
using Vault.Cli;
using Vault.Cli.Commands;

if (ArgumentSecrets.Find(args) is { } problem)
{
    Console.Error.WriteLine(problem);
    return ExitCodes.Usage;
}

SqliteNative.Load();
var root = new RootCommand($"Vault on the command line. It needs no server and no vault.\n\n{ExitCodes.Help}")
{
    InspectCommand.Create(), DecryptCommand.Create(), VerifyCommand.Create(), RestoreCommand.Create(), ListCommand.Create(),
    KeygenCommand.Create(), RotateKeyCommand.Create(),
};
var parsed = root.Parse(args);
var ended = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
return parsed.Errors.Count > 0 ? ExitCodes.Usage : ended;
