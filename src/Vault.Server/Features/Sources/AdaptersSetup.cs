using Vault.Adapters;
using Vault.Server.Database;

namespace Vault.Server.Features.Sources;

internal static class AdaptersSetup
{
    /// <summary>The engines and stores that this Vault knows.</summary>
    public static void AddAdapters(this IServiceCollection services, IConfiguration configuration)
    {
        var folders = configuration["VAULT_TOOL_FOLDERS"] ?? configuration["Vault:ToolFolders"] ?? "";
        services.AddSingleton(s => EngineRegistry.Create(new EngineOptions(folders.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            ForbiddenFolders = [s.GetRequiredService<VaultFolder>().Path],
        }));
        services.AddSingleton<StoreRegistry>();
    }
}
