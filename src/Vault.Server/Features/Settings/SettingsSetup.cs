namespace Vault.Server.Features.Settings;

internal static class SettingsSetup
{
    public static void AddSettings(this IServiceCollection services) => services.AddSingleton<VaultFacts>().AddSingleton<SpoolRule>();
}
