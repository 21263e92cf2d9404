using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Vault.Server.Database.Migrations;

[DbContext(typeof(VaultDb))]
[Migration(Id)]
internal sealed class Initial : Migration
{
    private const string Id = "20261121000000_Initial";

    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(MigrationScript.Read(Id));
}
