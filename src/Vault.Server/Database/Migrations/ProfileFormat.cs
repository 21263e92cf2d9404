using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Vault.Server.Database.Migrations;

[DbContext(typeof(VaultDb))]
[Migration(Id)]
internal sealed class ProfileFormat : Migration
{
    private const string Id = "20261121110000_ProfileFormat";

    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(MigrationScript.Read(Id));
}
