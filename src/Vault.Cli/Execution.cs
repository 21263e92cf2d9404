using System.CommandLine;
using Vault.Cli.Terminal;
using Vault.Core;

namespace Vault.Cli;

/// <summary>What every command of a backup has in common: Ctrl-C, sentences for problems, an exit code.</summary>
internal static class Execution
{
    public static readonly Option<bool> Json = new("--json") { Description = "Print one JSON object to standard output." };

    public static void SetAction(Command command, Func<ParseResult, Screen, CancellationToken, Task> work)
    {
        command.Add(Json);
        command.SetAction(parsed => RunAsync(parsed, work));
    }

    private static async Task<int> RunAsync(ParseResult parsed, Func<ParseResult, Screen, CancellationToken, Task> work)
    {
        using var interruption = new Interruption();
        using var screen = new Screen();
        try
        {
            await work(parsed, screen, interruption.Token);
            return ExitCodes.Ok;
        }
        catch (Exception error)
        {
            var (problem, exit) = Explain(error, interruption.Token);
            screen.Show(problem);
            if (parsed.GetValue(Json)) Terminal.Json.Write(new Refusal(problem, exit));
            return exit;
        }
    }

    // A program that people run on their worst day shows no stack; the type says enough for a report.
    private static (Problem Problem, int Exit) Explain(Exception error, CancellationToken cancel) => error switch
    {
        _ when cancel.IsCancellationRequested && error is OperationCanceledException or ProblemException { InnerException: OperationCanceledException } => (Cancelled, ExitCodes.Cancelled),
        ProblemException known => (ForACommandLine(known.Problem), ExitCodes.Of(known.Problem)),
        // A part of the program that is not there is no fault of a disk.
        IOException or UnauthorizedAccessException when error is not (FileNotFoundException or FileLoadException) => (new("io-failed", $"The file system failed: {error.Message}", "Check the disk and the rights, then run this again."), ExitCodes.Disk),
        _ => (new("unexpected", $"This should not have happened: {error.GetType().Name}: {error.Message}", "Please report it."), ExitCodes.Failed),
    };

    /// <summary>Core speaks to somebody in front of the pages.</summary>
    private static Problem ForACommandLine(Problem problem) => problem.Code is "wrong-key" or "no-key-matches" or "wrong-password" or "password-needed"
        ? problem with { Next = problem.Code.Contains("password", StringComparison.Ordinal)
            ? "Give the password that was chosen when the backup was made, by VAULT_PASSWORD or on a terminal; capitals and blanks count."
            : "Give the right key by --key-file, VAULT_KEY_FILE or VAULT_KEY, then run this again." }
        : problem;

    private static Problem Cancelled { get; } = new("cancelled", "It was cancelled, and nothing of it is left.", "Run it again when you like.");

    private sealed record Refusal(Problem Problem, int ExitCode);
}
