using System.Threading.Channels;
using Vault.Core;
using Vault.Server.Features.Runs;

namespace Vault.Server.Features.Notifications;

/// <summary>Tells the webhook of runs that ended badly, behind their backs: no run waits for it or fails by it.</summary>
internal sealed class Notifier(Webhook webhook, WebhookSender sender, DeliveryRule rule, TimeProvider clock, ILogger<Notifier> log) : BackgroundService
{
    private const int MostWaiting = 100;
    private static readonly TimeSpan LastCall = TimeSpan.FromSeconds(3);
    private readonly Channel<Notification> waiting = Channel.CreateBounded<Notification>(MostWaiting);
    private readonly CancellationTokenSource lastCall = new();

    /// <param name="run">As it ended.</param>
    public void Tell(Run run)
    {
        if (Notification.Of(run) is { } notification && !waiting.Writer.TryWrite(notification))
            log.LogError("The notification of run {RunId} was dropped: {Count} others wait for the receiver already", run.Id, MostWaiting);
    }

    /// <summary>Tries once. Null: no webhook is set.</summary>
    public Task<Delivery?> SendTestAsync() => DeliverAsync(Notification.Test(clock.GetUtcNow()), []);

    /// <summary>Vault stops after its runs have: what they left to be told has a few seconds.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        waiting.Writer.TryComplete();
        lastCall.CancelAfter(LastCall);
        await base.StopAsync(cancellationToken);
    }

    /// <summary>The source of the last call is cancelled, not disposed: a host may be stopped by one while another disposes it already.</summary>
    public override void Dispose()
    {
        lastCall.Cancel();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var notification in waiting.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                await DeliverAsync(notification, rule.Pauses);
            }
            catch (Exception failure)
            {
                log.LogError(failure, "The notification of run {RunId} was not delivered", notification.RunId);
            }
        }
    }

    private async Task<Delivery?> DeliverAsync(Notification notification, IReadOnlyList<TimeSpan> pauses)
    {
        string? failure;
        try
        {
            if (await webhook.OpenAsync() is not { } address) return null;
            failure = await TryAsync(address, notification, pauses);
        }
        catch (ProblemException unopened)
        {
            failure = unopened.Problem.Message;
        }

        if (failure is not null) log.LogError("The notification of run {RunId} was not delivered: {Reason}", notification.RunId, failure);
        var delivery = new Delivery(clock.GetUtcNow(), notification.Title, failure);
        await webhook.RecordAsync(delivery);
        return delivery;
    }

    private async Task<string?> TryAsync(Uri address, Notification notification, IReadOnlyList<TimeSpan> pauses)
    {
        var failure = await sender.TryAsync(address, notification, lastCall.Token);
        foreach (var pause in pauses)
        {
            if (failure is null || lastCall.IsCancellationRequested) break;
            await Task.Delay(pause, clock, lastCall.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!lastCall.IsCancellationRequested) failure = await sender.TryAsync(address, notification, lastCall.Token);
        }

        return failure;
    }
}
