using System.CommandLine;
using Vault.Adapters.Sqlite;
using Vault.Cli;

SqliteNative.Load();
var root = new RootCommand("Vault on the command line.") { KeygenCommand.Create(), RotateKeyCommand.Create() };
return await root.Parse(args).InvokeAsync();
