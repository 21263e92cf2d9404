namespace Vault.Server.Tests;

/// <summary>Waits for a condition instead of a time.</summary>
internal static class Until
{
    public static async Task TrueAsync(Func<Task<bool>> condition, CancellationToken deadline = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            if (limit.IsCancellationRequested) throw new TimeoutException("The condition did not become true in time.");
            await Task.Delay(20, CancellationToken.None);
        }
    }
}
