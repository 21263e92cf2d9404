using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Vault.Server.Database.Migrations;

/// <summary>Backups that are made with a password, and the password of a run that waits in the queue.</summary>
[DbContext(typeof(VaultDb))]
[Migration(Id)]
internal sealed class Password : Migration
{
    private const string Id = "20261121130000_Password";

    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(MigrationScript.Read(Id));
}
