using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Vault.Server.Database.Migrations;

/// <summary>What the last verify found about each copy.</summary>
[DbContext(typeof(VaultDb))]
[Migration(Id)]
internal sealed class Verify : Migration
{
    private const string Id = "20261121120000_Verify";

    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(MigrationScript.Read(Id));
}
