using Vault.Core;
using Vault.Core.Keys;
using Vault.Core.Pipeline;

namespace Vault.Server.Features.Profiles;

/// <summary>
/// The password of <c>BACKUP_ENCRYPTION_PASSWORD</c>, or of the file that <c>BACKUP_ENCRYPTION_PASSWORD_FILE</c> names: tried where a
/// backup was made with a password and nobody typed one.
/// </summary>
internal sealed class ServerPassword(Password? password) : IDisposable
{
    private const string Variable = "BACKUP_ENCRYPTION_PASSWORD";

    public bool IsSet => password is not null;

    public CandidateKey? Candidate => password is null ? null : CandidateKey.OfPassword($"the server's own password ({Variable})", password);

    /// <exception cref="ProblemException">The file that was named cannot be read.</exception>
    public static ServerPassword Take(IConfiguration configuration)
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        // As with the system key: tools that Vault starts inherit the environment, and configuration can be dumped.
        Environment.SetEnvironmentVariable(Variable, null);
        configuration[Variable] = null;
        if (string.IsNullOrEmpty(text) && configuration[$"{Variable}_FILE"] is { Length: > 0 } file) text = ReadFile(file);
        return new ServerPassword(string.IsNullOrEmpty(text) ? null : Password.From(text));
    }

    public void Dispose() => password?.Dispose();

    /// <summary>Editors end a file with a new line, which nobody types into a password.</summary>
    private static string ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd('\r', '\n');
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("password-file-unreadable", $"{Variable}_FILE names {path}, which cannot be read, so Vault did not start.",
                "Put the password into that file, or leave the variable out.", failure);
        }
    }
}
