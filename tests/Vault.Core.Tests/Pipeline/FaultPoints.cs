using Shouldly;

namespace Vault.Core.Tests.Pipeline;

/// <summary>How an operation ended.</summary>
/// <param name="Cause">Null: it succeeded.</param>
internal sealed record Ending(Exception? Cause)
{
    public string? Code => (Cause as ProblemException)?.Problem.Code;

    /// <summary>Whatever waits longer than this did not hear its cancel.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<Ending> OfAsync(Func<Task> operation)
    {
        try
        {
            await operation().WaitAsync(Patience);
            return new Ending((Exception?)null);
        }
        catch (Exception cause)
        {
            return new Ending(cause);
        }
    }

    /// <summary>An error is said in words, a cancel is a cancel, and short reads are no error at all.</summary>
    public void ShouldFit(MemoryStore store)
    {
        var what = $"{store.Fault} at call {store.FaultAt}: {Cause}";
        if (!store.WasHit || store.Fault == Fault.ShortReads)
        {
            Cause.ShouldBeNull(what);
        }
        else if (store.Fault is Fault.Cancel or Fault.Hang)
        {
            Cause.ShouldBeAssignableTo<OperationCanceledException>(what);
        }
        else if (store.Fault != Fault.EarlyEnd)
        {
            Code.ShouldBeOneOf(["store-failed", "dump-failed"], what);
        }
        else
        {
            (Cause is null or ProblemException).ShouldBeTrue(what);
        }
    }
}

/// <summary>Every call of an operation, one after the other, in every way that it can go wrong.</summary>
internal static class FaultPoints
{
    /// <param name="tryOnce">Runs the operation on a store and checks what it left.</param>
    /// <returns>How many faults struck.</returns>
    public static async Task<int> TryAllAsync(Func<Fault, int, MemoryStore> storeOf, Func<MemoryStore, Task> tryOnce)
    {
        var struck = 0;
        foreach (var fault in Enum.GetValues<Fault>().Except([Fault.Never]))
        {
            MemoryStore store;
            for (var at = 1; ; at++)
            {
                store = storeOf(fault, at);
                await tryOnce(store);
                if (store.Calls < at) break;
                struck += store.WasHit ? 1 : 0;
            }
        }

        struck.ShouldBeGreaterThan(10);
        return struck;
    }
}
