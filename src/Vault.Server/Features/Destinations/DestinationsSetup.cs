namespace Vault.Server.Features.Destinations;

internal static class DestinationsSetup
{
    public static void AddDestinations(this IServiceCollection services) => services.AddSingleton<DestinationService>();
}
