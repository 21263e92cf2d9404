using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Shouldly;
using Vault.Server.Database;
using Vault.Server.Features.Backups;
using Xunit;

namespace Vault.Server.Tests.Database;

public sealed class MigrationTests : IDisposable
{
    private readonly string folderPath = Directory.CreateTempSubdirectory("vault-migrations-").FullName;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(folderPath, true);
    }

    [Fact]
    public async Task The_migrated_schema_is_the_schema_of_the_model()
    {
        await using var migrated = Open("migrated.db");
        await migrated.Database.MigrateAsync();
        await using var created = Open("created.db");
        await created.Database.EnsureCreatedAsync();

        var model = Schema(created);
        Schema(migrated).ShouldBe(model, $"The migrations lag behind the model. The model's script:\n{created.Database.GenerateCreateScript()}");
        model.Count.ShouldBeGreaterThan(15);
    }

    [Fact]
    public async Task A_vault_of_the_first_release_is_brought_to_this_one_with_all_that_is_in_it()
    {
        Directory.CreateDirectory(Path.Combine(folderPath, "data"));
        var (backup, copy) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await using (var first = Open("data/vault.db"))
        {
            await first.GetService<IMigrator>().MigrateAsync("20261121000000_Initial");
            await first.Database.ExecuteSqlAsync($"INSERT INTO Backups (Id, State, JobName, SourceName, Engine, Databases, DumpFormat, StartedAt, FinishedAt, IsEncrypted, Compression, StoredSizeBytes) VALUES ({backup}, 'Available', 'Shop', 'Shop', 'postgresql', 'shop', 'plain', 1, 2, 1, 'GZIP', 10)");
            await first.Database.ExecuteSqlAsync($"INSERT INTO Copies (Id, BackupId, DestinationId, ObjectName, SizeBytes) VALUES ({copy}, {backup}, {Guid.NewGuid()}, 'shop/a.sql.gz.enc', 10)");
        }

        SqliteConnection.ClearAllPools();
        await using var vault = Runs.TestVault.Start(folderPath);
        var kept = (await vault.Backups.FindAsync(backup))!;
        (kept.Backup.State, kept.Backup.SourceName).ShouldBe((BackupState.Available, "Shop"));
        var keptCopy = kept.Copies.ShouldHaveSingleItem().Copy;
        (keptCopy.Id, keptCopy.ObjectName, keptCopy.VerifiedAt, keptCopy.IsDamaged).ShouldBe((copy, "shop/a.sql.gz.enc", null, false));
        Directory.EnumerateFiles(Path.Combine(folderPath, "data"), "vault-before-*.db").ShouldHaveSingleItem("there is a copy to go back to");
    }

    private VaultDb Open(string name)
    {
        var options = new DbContextOptionsBuilder<VaultDb>();
        DatabaseSetup.Configure(options, $"Data Source={Path.Combine(folderPath, name)}");
        return new VaultDb(options.Options);
    }

    private static List<string> Schema(VaultDb db)
    {
        db.Database.OpenConnection();
        using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '\\_\\_EF%' ESCAPE '\\'";
        using var rows = command.ExecuteReader();
        var statements = new List<string>();
        // SQLite leaves the line end before what a migration adds to a table.
        while (rows.Read())
            statements.Add(Regex.Replace(rows.GetString(0), "\\s+", " ").Replace(" ,", ",", StringComparison.Ordinal).Replace(" )", ")", StringComparison.Ordinal).Trim());
        return [.. statements.Order(StringComparer.Ordinal)];
    }
}
