using Vault.Core;

namespace Vault.Server.Features.Runs;

/// <summary>Ends of a run that have no other author.</summary>
internal static class RunProblems
{
    public static Problem Cancelled(RunKind kind) => kind switch
    {
        RunKind.Backup => new("cancelled", "This run was cancelled, so no backup was made and nothing was left in the destination.", "Start the job again when you want a backup."),
        RunKind.Restore => new("cancelled", "This restore was cancelled, so the target database is as it was before.", "Start the restore again when you want it."),
        _ => new("cancelled", "This verify was cancelled before its end, so nothing new is known about the backup.", "Verify the backup again when you want to know."),
    };

    public static Problem Interrupted(RunKind kind) => kind switch
    {
        RunKind.Backup => new("interrupted", "Vault stopped while this backup was running, so it did not come to its end; what was not whole is removed.", "Start the job again, or wait for its next time. If it was whole already, Backups lists it as not verified."),
        RunKind.Restore => new("interrupted", "Vault stopped while this restore was running; the target was left as it was, or whole if the restore had just ended.", "Look at the target database, then start the restore again if it is still needed."),
        _ => new("interrupted", "Vault stopped while this verify was running, so nothing new is known about the backup; a verify changes nothing.", "Verify the backup again, or wait for the next time of the schedule."),
    };

    public static Problem JobGone { get; } =
        new("job-missing", "The job of this run was deleted before the run began, so there was nothing to do.", "Nothing needs to be done.");

    public static Problem Unexpected(Exception failure) => failure is IOException
        ? new("io-failed", $"Reading or writing failed ({failure.Message}), so the run was stopped and nothing of it was published.", "Check the disk and the network of source and destination, then start the run again.")
        // The message of an unknown exception may carry anything, a secret too; the server's own log has it.
        : new("unexpected", $"The run stopped at an unexpected {failure.GetType().Name}, so nothing of it was published.", "Look into the server's log at this time, and report it.");
}
