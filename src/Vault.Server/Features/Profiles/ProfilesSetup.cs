namespace Vault.Server.Features.Profiles;

internal static class ProfilesSetup
{
    /// <exception cref="Vault.Core.ProblemException">The file with the server's own password cannot be read.</exception>
    public static void AddProfiles(this IServiceCollection services, IConfiguration configuration)
    {
        var password = ServerPassword.Take(configuration);
        // A factory, so that the container disposes it at the end.
        services.AddSingleton(_ => password);
        services.AddSingleton<ProfileService>();
        services.AddSingleton<RecoveryKitTickets>();
        services.AddSingleton<RecoveryKitService>();
    }
}
