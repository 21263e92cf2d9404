namespace Vault.Core.Pipeline;

/// <summary>Says in words which side failed, when what failed did not say it itself.</summary>
internal static class Stage
{
    public static Task StoreAsync(Func<Task> step, CancellationToken cancel) =>
        StoreAsync(async () => { await step(); return true; }, cancel);

    public static Task<T> StoreAsync<T>(Func<Task<T>> step, CancellationToken cancel) => ExplainAsync(step, static why => new Problem(
        "store-failed",
        $"The destination failed ({why}), so the backup was not kept.",
        "Check the destination (space, rights, connection) and run the backup again."), cancel);

    public static Task<T> ReadBackupAsync<T>(Func<Task<T>> step, CancellationToken cancel) => ExplainAsync(step, static why => new Problem(
        "store-failed",
        $"The backup file could not be read from its destination ({why}), so nothing was restored.",
        "Check the destination (rights, connection) and start again."), cancel);

    public static Task<T> VerifyAsync<T>(Func<Task<T>> step, CancellationToken cancel) => ExplainAsync(step, static why => new Problem(
        "store-failed",
        $"The backup file could not be read from its destination ({why}), so it was not verified.",
        "Check the destination (rights, connection), then verify again."), cancel);

    public static Task<T> DumpAsync<T>(Func<Task<T>> step, CancellationToken cancel) => ExplainAsync(step, static why => new Problem(
        "dump-failed",
        $"Reading the dump failed ({why}), so no backup was made.",
        "Look at the lines above for the tool's own words, test the source and run the backup again."), cancel);

    private static async Task<T> ExplainAsync<T>(Func<Task<T>> step, Func<string, Problem> problem, CancellationToken cancel)
    {
        try
        {
            return await step();
        }
        catch (Exception cause) when (cause is not ProblemException && !(cause is OperationCanceledException && cancel.IsCancellationRequested))
        {
            throw new ProblemException(problem(Why(cause)), cause);
        }
    }

    /// <summary>The system's words are safe to show; a vendor's may hold an address or a token.</summary>
    private static string Why(Exception cause) => cause is IOException or UnauthorizedAccessException
        ? cause.Message.TrimEnd('.')
        : cause.GetType().Name;
}
