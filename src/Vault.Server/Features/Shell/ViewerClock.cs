namespace Vault.Server.Features.Shell;

/// <summary>One timer for a circuit, so that "2 minutes ago" grows older while a page stays open.</summary>
internal sealed class ViewerClock : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(20);
    private readonly TimeProvider clock;
    private readonly ITimer timer;

    public ViewerClock(TimeProvider clock)
    {
        this.clock = clock;
        timer = clock.CreateTimer(_ => Ticked?.Invoke(), null, Period, Period);
    }

    public event Action? Ticked;

    public DateTimeOffset Now => clock.GetUtcNow();

    public void Dispose() => timer.Dispose();
}
