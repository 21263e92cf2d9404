namespace Vault.Server.Features.Profiles;

internal static class ProfilesSetup
{
    public static void AddProfiles(this IServiceCollection services)
    {
        services.AddSingleton<ProfileService>();
        services.AddSingleton<RecoveryKitTickets>();
        services.AddSingleton<RecoveryKitService>();
    }
}
