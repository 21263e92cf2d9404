using System.Diagnostics;

namespace Vault.Server.Tests.Trials;

/// <summary>When the server is killed: once something is seen from outside.</summary>
/// <param name="IsReached">Asked over and over, without a pause, so that narrow moments are met.</param>
internal sealed record Moment(string Name, Func<Task<bool>> IsReached)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    public Moment(string name, Func<bool> isReached) : this(name, () => Task.FromResult(isReached())) { }

    /// <returns>False: it was not seen before <paramref name="hasEnded"/>, so the kill comes after the end.</returns>
    public async Task<bool> WaitAsync(Func<Task<bool>> hasEnded)
    {
        var watch = Stopwatch.StartNew();
        var askedAt = TimeSpan.Zero;
        while (!await IsReached())
        {
            await Task.Yield();
            if (watch.Elapsed - askedAt < TimeSpan.FromMilliseconds(100)) continue;
            askedAt = watch.Elapsed;
            if (await hasEnded()) return false;
            if (askedAt > Longest) throw new TimeoutException($"The run neither ended nor came to \"{Name}\".");
        }

        return true;
    }

    /// <summary>So long after this one.</summary>
    public Moment Plus(int milliseconds)
    {
        Stopwatch? since = null;
        return new($"{Name} + {milliseconds} ms", async () =>
        {
            if (since is null && await IsReached()) since = Stopwatch.StartNew();
            return since?.ElapsedMilliseconds >= milliseconds;
        });
    }
}
