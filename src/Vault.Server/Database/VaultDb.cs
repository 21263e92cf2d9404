using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Jobs;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Settings;
using Vault.Server.Features.Sources;

namespace Vault.Server.Database;

/// <summary>The vault database. Only services of the features touch it.</summary>
internal sealed class VaultDb(DbContextOptions<VaultDb> options)
    : IdentityUserContext<Account, Guid>(options)
{
    public DbSet<Source> Sources => Set<Source>();
    public DbSet<Destination> Destinations => Set<Destination>();
    public DbSet<EncryptionProfile> EncryptionProfiles => Set<EncryptionProfile>();
    public DbSet<Job> Jobs => Set<Job>();
    public DbSet<Run> Runs => Set<Run>();
    public DbSet<RunLogLine> RunLog => Set<RunLogLine>();
    public DbSet<Backup> Backups => Set<Backup>();
    public DbSet<Copy> Copies => Set<Copy>();
    public DbSet<AuditEntry> Audit => Set<AuditEntry>();
    public DbSet<VaultSetting> Settings => Set<VaultSetting>();
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        NameAccountTables(builder);
        builder.Entity<RunLogLine>().HasKey(l => new { l.RunId, l.Seq });
        builder.Entity<RunLogLine>().HasOne<Run>().WithMany().HasForeignKey(l => l.RunId);
        builder.Entity<VaultSetting>().HasKey(s => s.Name);
        builder.Entity<Source>().HasIndex(s => s.Name).IsUnique();
        builder.Entity<Destination>().HasIndex(d => d.Name).IsUnique();
        builder.Entity<EncryptionProfile>().HasIndex(p => p.Name).IsUnique();
        // What the migration gave to the profiles that were there; a new one names its own.
        builder.Entity<EncryptionProfile>().Property(p => p.Format).HasDefaultValue("standard");
        builder.Entity<Job>().HasIndex(j => j.Name).IsUnique();
        builder.Entity<Job>().HasOne<Source>().WithMany().HasForeignKey(j => j.SourceId).OnDelete(DeleteBehavior.Restrict);
        builder.Entity<Job>().HasOne<Destination>().WithMany().HasForeignKey(j => j.DestinationId).OnDelete(DeleteBehavior.Restrict);
        builder.Entity<Job>().HasOne<EncryptionProfile>().WithMany().HasForeignKey(j => j.ProfileId).OnDelete(DeleteBehavior.Restrict);
        builder.Entity<Run>().HasIndex(r => r.QueuedAt);
        builder.Entity<Run>().HasIndex(r => r.State);
        builder.Entity<Backup>().HasIndex(b => b.StartedAt);
        builder.Entity<Backup>().HasIndex(b => b.KeyFingerprint);
        builder.Entity<Backup>().Property(b => b.IsFromPassword).HasDefaultValue(false);
        builder.Entity<Backup>().HasMany(b => b.Copies).WithOne().HasForeignKey(c => c.BackupId);
        builder.Entity<Copy>().HasIndex(c => new { c.DestinationId, c.ObjectName }).IsUnique();
        builder.Entity<AuditEntry>().HasIndex(a => a.At);
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder conventions)
    {
        // SQLite compares text; ticks keep order and precision. All instants are UTC (design §2).
        conventions.Properties<DateTimeOffset>().HaveConversion<InstantConverter>();
        conventions.Properties<RunKind>().HaveConversion<string>();
        conventions.Properties<RunState>().HaveConversion<string>();
        conventions.Properties<BackupState>().HaveConversion<string>();
        conventions.Properties<AccountRole>().HaveConversion<string>();
    }

    private static void NameAccountTables(ModelBuilder builder)
    {
        builder.Entity<Account>().ToTable("Accounts");
        builder.Entity<IdentityUserClaim<Guid>>().ToTable("AccountClaims");
        builder.Entity<IdentityUserLogin<Guid>>().ToTable("AccountLogins");
        builder.Entity<IdentityUserToken<Guid>>().ToTable("AccountTokens");
    }
}
