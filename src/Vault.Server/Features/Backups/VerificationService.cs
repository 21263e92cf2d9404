using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Settings;

namespace Vault.Server.Features.Backups;

/// <summary>The vault's setting Verification, and the schedule that comes from it.</summary>
internal sealed class VerificationService(IDbContextFactory<VaultDb> databases, RunQueue queue, AuditLog audit)
{
    private const string SettingName = "Verification";

    public async Task<VerificationSettings> GetAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Settings.AsNoTracking().FirstOrDefaultAsync(s => s.Name == SettingName) is { } stored
            ? JsonSerializer.Deserialize<VerificationSettings>(stored.Value) ?? VerificationSettings.Default
            : VerificationSettings.Default;
    }

    public async Task<Problem?> SaveAsync(VerificationSettings settings, Actor actor)
    {
        if (settings.Check() is { } problem) return problem;
        await using var db = await databases.CreateDbContextAsync();
        var json = JsonSerializer.Serialize(settings);
        if (await db.Settings.FindAsync(SettingName) is { } stored) stored.Value = json;
        else db.Settings.Add(new VaultSetting { Name = SettingName, Value = json });
        await db.SaveChangesAsync();
        await SyncAsync();
        await audit.WriteAsync(actor, "verification-changed", settings.Schedule ?? "off");
        return null;
    }

    /// <summary>Makes the scheduler hold what the setting says.</summary>
    public async Task SyncAsync()
    {
        var settings = await GetAsync();
        await queue.SyncVerificationAsync(settings.Schedule, settings.TimeZone);
    }
}
