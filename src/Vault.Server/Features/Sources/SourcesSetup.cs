namespace Vault.Server.Features.Sources;

internal static class SourcesSetup
{
    public static void AddSources(this IServiceCollection services) => services.AddSingleton<SourceService>();
}
