using System.Diagnostics;

namespace Vault.Server.Tests.Cli;

/// <summary>The built <c>vaultctl</c>, started as its owner starts it; nothing of the tests' own environment speaks to it.</summary>
internal static class Ctl
{
    private static readonly string[] Spoken = ["VAULT_KEY", "VAULT_KEY_FILE", "VAULT_PASSWORD", "BACKUP_ENCRYPTION_PASSWORD", "DATABASE_URL", "PGPASSWORD"];

    /// <summary>Its own output, not the copy beside these tests: there the server's frameworks would stand in for what it needs itself.</summary>
    public static string Program { get; } = Path.Combine(Repository, "src", "Vault.Cli", AppContext.BaseDirectory[AppContext.BaseDirectory.LastIndexOf("/bin/", StringComparison.Ordinal)..].Trim('/'), "vaultctl.dll");

    public static string Repository
    {
        get
        {
            var at = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(at.FullName, "Vault.sln"))) at = at.Parent ?? throw new InvalidOperationException("No Vault.sln above the tests.");
            return at.FullName;
        }
    }

    public static Task<Ended> RunAsync(string[] arguments, params (string Name, string? Value)[] environment) =>
        ServerProcess.RunAsync(Program, arguments, Silent(environment));

    /// <summary>With this key in the environment.</summary>
    public static Task<Ended> RunAsync(string key, params string[] arguments) => RunAsync(arguments, ("VAULT_KEY", key));

    public static Process Start(string[] arguments, params (string Name, string? Value)[] environment) =>
        ServerProcess.Start(Program, arguments, Silent(environment));

    public static void Interrupt(Process process)
    {
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString()]);
        kill.WaitForExit();
    }

    private static (string, string?)[] Silent((string, string?)[] environment) => [.. Spoken.Select(name => (name, (string?)null)), .. environment];
}
