using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Microsoft.EntityFrameworkCore;

namespace Vault.Server.Features.Settings;

/// <summary>Whether a restore may write an unpacked dump, not encrypted, to this machine's disk, and where.</summary>
internal sealed class SpoolRule(IDbContextFactory<VaultDb> databases, VaultFolder vault, IConfiguration configuration, AuditLog audit)
{
    private const string SettingName = "Spool";
    private const string Allowed = "allowed", Forbidden = "forbidden";

    public string Folder { get; } = Path.GetFullPath(configuration["VAULT_SPOOL"] is { Length: > 0 } named ? named : Path.Combine(vault.Path, "spool"));

    /// <summary>Whoever runs Vault forbade it; no admin can allow it then. Any word but a clear no forbids.</summary>
    public bool IsForbiddenByEnvironment { get; } =
        configuration["VAULT_FORBID_SPOOL"]?.Trim().ToLowerInvariant() is not (null or "" or "0" or "false" or "no");

    public async Task<bool> IsAllowedAsync()
    {
        if (IsForbiddenByEnvironment) return false;
        await using var db = await databases.CreateDbContextAsync();
        return await db.Settings.AsNoTracking().FirstOrDefaultAsync(s => s.Name == SettingName) is not { Value: not Allowed };
    }

    /// <summary>Null: nowhere.</summary>
    public async Task<string?> AllowedFolderAsync() => await IsAllowedAsync() ? Folder : null;

    public async Task SetAsync(bool isAllowed, Actor actor)
    {
        await using var db = await databases.CreateDbContextAsync();
        var word = isAllowed ? Allowed : Forbidden;
        if (await db.Settings.FindAsync(SettingName) is { } setting) setting.Value = word;
        else db.Add(new VaultSetting { Name = SettingName, Value = word });
        await db.SaveChangesAsync();
        await audit.WriteAsync(actor, isAllowed ? "spool-allowed" : "spool-forbidden", Folder);
    }
}
