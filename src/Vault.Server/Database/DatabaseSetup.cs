using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Options;
using Vault.Adapters.Sqlite;
using Vault.Core;
using Vault.Core.Keys;
using Vault.Server.Features.Settings;

namespace Vault.Server.Database;

internal static class DatabaseSetup
{
    /// <summary>Takes the key, holds the folder and checks what is in it; writes nothing into the database yet.</summary>
    /// <exception cref="ProblemException">Vault must not start.</exception>
    public static void AddVaultDatabase(this WebApplicationBuilder builder)
    {
        SqliteNative.Load();
        var key = SystemKeyReader.Take(builder.Configuration);
        var folder = VaultFolder.Hold(builder.Configuration["VAULT_DATA"] is { Length: > 0 } path ? path : "./data");
        // Factories, so that the container disposes both at the end.
        builder.Services.AddSingleton(_ => key);
        builder.Services.AddSingleton(_ => folder);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<WrappedSettings>();
        builder.Services.AddDbContextFactory<VaultDb>(o => Configure(o, folder.ConnectionString(SqliteOpenMode.ReadWriteCreate)));
        // Each statement as a log line would bury what matters.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Warning);
        AddDataProtection(builder);
    }

    /// <summary>Brings the database to this version and stores the check value of the key.</summary>
    public static async Task OpenVaultAsync(this WebApplication app)
    {
        var folder = app.Services.GetRequiredService<VaultFolder>();
        var key = app.Services.GetRequiredService<SystemKey>();
        await using var db = await app.Services.GetRequiredService<IDbContextFactory<VaultDb>>().CreateDbContextAsync();
        VaultGate.Check(folder, key, [.. db.Database.GetMigrations()]);
        await MigrateAsync(db, folder);
        if (await db.Settings.FindAsync(VaultGate.CheckName) is null)
        {
            db.Add(new VaultSetting { Name = VaultGate.CheckName, Value = key.Wrap("vault"u8, VaultGate.CheckWhere) });
            await db.SaveChangesAsync();
        }
    }

    public static void Configure(DbContextOptionsBuilder options, string connectionString) => options
        .UseSqlite(connectionString)
        // There is no snapshot of the model: a test compares the migrated schema with the model instead.
        .ConfigureWarnings(w => w.Ignore(RelationalEventId.PendingModelChangesWarning));

    private static async Task MigrateAsync(VaultDb db, VaultFolder folder)
    {
        var isNew = !folder.HasDatabase;
        folder.CreateDatabaseFile();
        var pending = (await db.Database.GetPendingMigrationsAsync()).ToList();
        if (pending.Count == 0)
            return;
        var copy = isNew ? null : folder.CopyDatabase(pending[^1]);
        try
        {
            await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = 'wal'");
            // EF Core waits for ever on the lock row of a migration that was killed. The folder is ours alone, so that row is stale.
            await db.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS __EFMigrationsLock");
            await db.Database.MigrateAsync();
        }
        catch (SqliteException e)
        {
            throw new ProblemException("vault-migration-failed",
                $"The vault database could not be brought to this version ({e.Message}), so Vault did not start.",
                copy is null ? "Check the disk, then start again." : $"Start the earlier version with the copy {copy} in the place of vault.db, and report this.", e);
        }
    }

    private static void AddDataProtection(WebApplicationBuilder builder)
    {
        builder.Services.AddDataProtection().SetApplicationName("vault");
        builder.Services.AddSingleton<WrappedKeyRepository>();
        builder.Services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(s => new ConfigureOptions<KeyManagementOptions>(
            o => o.XmlRepository = s.GetRequiredService<WrappedKeyRepository>()));
        // It warns that keys are stored in plaintext because the repository wraps them, not an encryptor.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error);
    }
}
