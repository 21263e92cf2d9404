using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Server.Database;
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
