namespace Vault.Server.Features.Notifications;

internal static class NotificationsSetup
{
    public static void AddNotifications(this IServiceCollection services)
    {
        services.AddSingleton(DeliveryRule.Default).AddSingleton<Webhook>().AddSingleton<WebhookSender>().AddSingleton<Notifier>();
        services.AddHostedService(s => s.GetRequiredService<Notifier>());
    }
}
