using Vault.Core;
using Vault.Core.Keys;

namespace Vault.Server.Database;

/// <summary>Takes the system key from <c>ENCRYPTION_KEY</c> or the file that <c>ENCRYPTION_KEY_FILE</c> names; never from the command line.</summary>
internal static class SystemKeyReader
{
    private const string Variable = "ENCRYPTION_KEY";

    /// <exception cref="ProblemException">There is no key, or it is not 64 hex characters.</exception>
    public static SystemKey Take(IConfiguration configuration)
    {
        var hex = Environment.GetEnvironmentVariable(Variable);
        // Tools that Vault starts inherit the environment, and configuration can be dumped: the key stays in neither.
        Environment.SetEnvironmentVariable(Variable, null);
        configuration[Variable] = null;
        if (string.IsNullOrEmpty(hex) && configuration["ENCRYPTION_KEY_FILE"] is { Length: > 0 } file)
            hex = ReadFile(file);
        return SystemKey.Parse(hex).Value;
    }

    private static string ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("system-key-missing",
                $"ENCRYPTION_KEY_FILE names {path}, which cannot be read, so Vault did not start.",
                "Make one with: openssl rand -hex 32 > " + path, e);
        }
    }
}
