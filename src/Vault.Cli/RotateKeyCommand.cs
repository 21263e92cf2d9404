using System.CommandLine;
using Vault.Core;
using Vault.Core.Keys;

namespace Vault.Cli;

/// <summary>Keys come by environment or file, never by argument: arguments are readable for everyone on the machine.</summary>
internal static class RotateKeyCommand
{
    private const int Refused = 78;

    public static Command Create()
    {
        var command = new Command("rotate-key",
            "Wrap everything secret in the vault with a new key. Reads ENCRYPTION_KEY and NEW_ENCRYPTION_KEY (or the files that " +
            "ENCRYPTION_KEY_FILE and NEW_ENCRYPTION_KEY_FILE name) and VAULT_DATA. Stop the server first.");
        command.SetAction(_ => Run());
        return command;
    }

    private static int Run()
    {
        try
        {
            using var current = Read("ENCRYPTION_KEY");
            using var next = Read("NEW_ENCRYPTION_KEY");
            var folder = Environment.GetEnvironmentVariable("VAULT_DATA") is { Length: > 0 } path ? path : "./data";
            using var vault = ClosedVault.Hold(folder);
            var count = new KeyRotation(current, next, Console.Out).Run(vault.DatabasePath);
            Console.Out.WriteLine($"Done: {count} values are wrapped with key {next.KeyId}. Start Vault with the new ENCRYPTION_KEY, and keep the old one for old copies of vault.db.");
            return 0;
        }
        catch (ProblemException e)
        {
            Console.Error.WriteLine(e.Problem);
            return Refused;
        }
    }

    private static SystemKey Read(string variable)
    {
        var hex = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(hex) && Environment.GetEnvironmentVariable(variable + "_FILE") is { Length: > 0 } file)
            hex = ReadFile(variable, file);
        var key = SystemKey.Parse(hex);
        return key.IsOk ? key.Value : throw new ProblemException(key.Problem! with
        {
            Message = $"{variable} is missing or malformed, so nothing was changed.",
            Next = "It must be 64 hexadecimal characters; make one with: openssl rand -hex 32",
        });
    }

    private static string ReadFile(string variable, string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("system-key-missing", $"{variable}_FILE names {path}, which cannot be read, so nothing was changed.",
                "Put the key into that file, 64 hexadecimal characters.", e);
        }
    }
}
