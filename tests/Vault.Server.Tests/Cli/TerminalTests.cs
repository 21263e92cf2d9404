using System.Diagnostics;
using Shouldly;
using Xunit;

namespace Vault.Server.Tests.Cli;

/// <summary>On a terminal of its own (script(1) makes one): prompts and progress.</summary>
public sealed class TerminalTests : IDisposable
{
    private readonly CliFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_person_is_asked_for_the_key_and_it_is_not_shown()
    {
        var backup = await folder.BackUpAsync(CliFolder.Text(20_000));
        var (exitCode, seen) = await TypeAsync($"decrypt '{backup}' --out '{folder.Out}'", ("not shown", CliFolder.Hex + "\r"));
        exitCode.ShouldBe(0, seen);
        seen.ShouldNotContain(CliFolder.Hex);
        (await File.ReadAllBytesAsync(folder.Out)).ShouldBe(CliFolder.Text(20_000));
        seen.ShouldContain("Decrypting: ");
        seen.ShouldContain("100 % of ");
    }

    [Fact]
    public async Task Ctrl_C_at_the_question_ends_it_and_leaves_nothing()
    {
        var backup = await folder.BackUpAsync(CliFolder.Text(100));
        var (exitCode, seen) = await TypeAsync($"decrypt '{backup}' --out '{folder.Out}'", ("not shown", "\u0003"));
        exitCode.ShouldBe(130, seen);
        seen.ShouldContain("cancelled");
        folder.Left.ShouldBeEmpty();
    }

    /// <summary>Types an answer when its question is there.</summary>
    private static async Task<(int ExitCode, string Seen)> TypeAsync(string arguments, (string Question, string Answer) typed)
    {
        var start = new ProcessStartInfo("script", ["-qefc", $"dotnet '{Ctl.Program}' {arguments}", "/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        foreach (var name in new[] { "VAULT_KEY", "VAULT_KEY_FILE", "VAULT_PASSWORD", "BACKUP_ENCRYPTION_PASSWORD" }) start.Environment.Remove(name);
        start.Environment["TERM"] = "xterm";
        using var process = Process.Start(start)!;
        var (seen, buffer, isTyped) = ("", new char[4096], false);
        int read;
        while ((read = await process.StandardOutput.ReadAsync(buffer)) > 0)
        {
            seen += new string(buffer, 0, read);
            if (isTyped || !seen.Contains(typed.Question, StringComparison.Ordinal)) continue;
            isTyped = true;
            await process.StandardInput.WriteAsync(typed.Answer);
            await process.StandardInput.FlushAsync();
        }

        await process.WaitForExitAsync();
        return (process.ExitCode, seen);
    }
}
