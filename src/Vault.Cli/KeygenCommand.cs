using System.CommandLine;
using System.Security.Cryptography;

namespace Vault.Cli;

internal static class KeygenCommand
{
    public static Command Create()
    {
        var command = new Command("keygen", "Print a new key, 64 hexadecimal characters, for ENCRYPTION_KEY.");
        command.SetAction(_ => Console.Out.WriteLine(RandomNumberGenerator.GetHexString(64, lowercase: true)));
        return command;
    }
}
