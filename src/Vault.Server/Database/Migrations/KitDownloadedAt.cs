using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Vault.Server.Database.Migrations;

[DbContext(typeof(VaultDb))]
[Migration(Id)]
internal sealed class KitDownloadedAt : Migration
{
    private const string Id = "20261121123000_KitDownloadedAt";

    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(MigrationScript.Read(Id));
}
