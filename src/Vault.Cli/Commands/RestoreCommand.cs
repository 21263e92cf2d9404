using System.CommandLine;
using Vault.Cli.Backups;
using Vault.Cli.Keys;
using Vault.Cli.Restores;
using Vault.Cli.Terminal;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Core.Pipeline;

namespace Vault.Cli.Commands;

/// <summary>Restores as the server does: into a shadow that takes the target's place when it is whole; the old one is kept.</summary>
internal static class RestoreCommand
{
    private static readonly Argument<string> File = new("FILE") { Description = "The backup." };

    private static readonly Option<string> Database = new("--database", "-d")
    {
        HelpName = "NAME", Description = "The database to restore into; without it the one that the URL names. It is created when it does not exist.",
    };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would be done, and what forbids it. Changes nothing and needs no key." };

    private static readonly Option<bool> Replace = new("--replace") { Description = "Replace the database when it exists; the old one is kept under another name." };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask on a terminal." };

    private static readonly Option<int> Jobs = new("--jobs", "-j")
    {
        HelpName = "N", DefaultValueFactory = _ => 1, Description = "Restore a custom dump over so many connections at once; needs --spool.",
    };

    private static readonly Option<string> Spool = new("--spool")
    {
        HelpName = "FOLDER", Description = "Where the unpacked dump may lie, NOT encrypted, in a file without a name, while --jobs restores it.",
    };

    public static Command Create()
    {
        var command = new Command("restore", "Restore a backup into a database: all of it or nothing.")
        {
            File, TargetServer.To, TargetServer.UrlFile, Database, DryRun, Replace, Yes, Jobs, Spool, KeyRing.KeyFiles,
        };
        Execution.SetAction(command, RunAsync);
        return command;
    }

    private static async Task RunAsync(ParseResult parsed, Screen screen, CancellationToken cancel)
    {
        var backup = BackupOnDisk.Read(parsed.GetRequiredValue(File));
        var target = TargetServer.Read(parsed);
        var request = target.RequestFor(backup, parsed.GetValue(Database)) with { ParallelConnections = ParallelConnections(parsed), SpoolFolder = parsed.GetValue(Spool) };
        var plan = await target.Engine.PlanRestoreAsync(request, cancel);
        var answer = new RestoreAnswer(backup.Path, request.Database, plan);
        if (!parsed.GetValue(Execution.Json)) foreach (var line in answer.PlanText()) screen.Say(line);
        if (plan.Problem is { } problem) throw new ProblemException(problem);
        if (!parsed.GetValue(DryRun))
        {
            await ConfirmAsync(parsed, plan, request.Database, cancel);
            answer = answer with { IsDone = true, KeptAs = await RestoreAsync(parsed, backup, target, request, screen, cancel) };
        }

        if (parsed.GetValue(Execution.Json)) Json.Write(answer);
        else Console.Out.WriteLine(Printable.Of(answer.Sentence()));
    }

    private static int ParallelConnections(ParseResult parsed) => (parsed.GetValue(Jobs), parsed.GetValue(Spool)) switch
    {
        ( < 1, _) => throw new ProblemException("usage", "--jobs is no number of connections.", "Give 1 or more."),
        ( > 1, null) => throw new ProblemException("usage", "--jobs needs the unpacked dump on a disk, not encrypted, and no folder for it was named.", "Name one with --spool, or leave out --jobs."),
        ( > 1, { } folder) when !Directory.Exists(folder) => throw new ProblemException("folder-missing", $"There is no folder {folder}.", "Create it, or name another one with --spool."),
        var (jobs, _) => jobs,
    };

    private static async Task ConfirmAsync(ParseResult parsed, RestorePlan plan, string database, CancellationToken cancel)
    {
        if (plan.Action != RestoreAction.Replace) return;
        if (!parsed.GetValue(Replace))
            throw new ProblemException("target-exists", $"\"{database}\" exists already, so nothing was restored.", "Choose another --database, or let it be replaced with --replace; the old one is then kept.");
        if (parsed.GetValue(Yes) || !Prompt.IsPossible) return;
        if (await Prompt.LineAsync($"Type {database} to replace it: ", cancel) != database)
            throw new ProblemException("not-confirmed", $"That is not \"{database}\", so nothing was restored.", $"Type {database} to confirm that it may be replaced.");
    }

    private static async Task<string?> RestoreAsync(ParseResult parsed, BackupOnDisk backup, TargetServer target, RestoreRequest request, Screen screen, CancellationToken cancel)
    {
        using var keys = await KeyRing.ForAsync(backup, parsed, cancel);
        await using var opened = await BackupOpener.OpenAsync(backup.ToFile(), keys.CandidatesFor(backup), screen, cancel);
        var origin = target.OriginOf(opened.Metadata, request.Origin);
        return (await target.Engine.RestoreAsync(request with { Origin = origin }, opened.Dump, screen, cancel)).KeptAs;
    }
}
