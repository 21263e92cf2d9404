using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Cli;
using Vault.Core.Keys;
using Vault.Server.Database;
using Vault.Server.Features.Notifications;
using Vault.Server.Features.Settings;
using Vault.Server.Features.Sources;
using Xunit;

namespace Vault.Server.Tests.Rotation;

public sealed class RotationTests : IDisposable
{
    private const int Many = 6000;

    private static readonly string OldKey = RandomNumberGenerator.GetHexString(64, lowercase: true);
    private static readonly string NewKey = RandomNumberGenerator.GetHexString(64, lowercase: true);

    private readonly string data = Directory.CreateTempSubdirectory("vault-rotation-").FullName;

    private string ConnectionString => $"Data Source={Path.Combine(data, "vault.db")};Pooling=False";

    public void Dispose() => Directory.Delete(data, true);

    [Fact]
    public async Task The_list_of_the_command_line_covers_every_wrapped_column_of_the_model()
    {
        await using var db = OpenDatabase();
        var model = db.Model.GetEntityTypes()
            .SelectMany(e => e.GetProperties().Select(p => (Table: e.GetTableName()!, Column: p.GetColumnName())))
            .Where(c => c.Column.StartsWith("Wrapped", StringComparison.Ordinal));
        WrappedColumn.All.Where(c => c.RowId is null).Select(c => (c.Table, c.Column)).ShouldBe(model, ignoreOrder: true);
        (WrappedColumn.Check.Table, WrappedColumn.Check.RowId, WrappedColumn.Check.Column).ShouldBe(("Settings", VaultGate.CheckName, "Value"));
        WrappedColumn.All.ShouldContain(new WrappedColumn(Webhook.Where.Table, "Name", Webhook.Where.Column, Webhook.Where.RowId));
    }

    [Fact]
    public async Task Rotation_moves_every_value_to_the_new_key()
    {
        await MakeVaultAsync(20);

        var ended = await RotateAsync(OldKey, NewKey);

        ended.ExitCode.ShouldBe(0, ended.Error);
        (ended.Output + ended.Error).ShouldNotContain(OldKey);
        (ended.Output + ended.Error).ShouldNotContain(NewKey);
        ShouldOpenWith(NewKey, 20);
        (await StartAndStopAsync(NewKey)).ShouldBeTrue("the server starts with the new key");
        (await RotateAsync(OldKey, NewKey)).Error.ShouldContain("already");
    }

    [Fact]
    public async Task Killed_half_way_it_is_as_if_it_never_ran()
    {
        await MakeVaultAsync(Many);
        using var rotation = ServerProcess.Start("vaultctl.dll", ["rotate-key"], Environment(OldKey, NewKey));
        await ServerProcess.WaitForLineAsync(rotation.StandardOutput, "Sources: 500 of");
        Kill9(rotation);
        await rotation.WaitForExitAsync();

        rotation.ExitCode.ShouldBe(137, "it was killed before its end");
        ShouldOpenWith(OldKey, Many);
        (await RotateAsync(OldKey, NewKey)).ExitCode.ShouldBe(0, "and it can be run again");
        ShouldOpenWith(NewKey, Many);
    }

    [Fact]
    public async Task It_refuses_while_a_server_holds_the_vault()
    {
        using var server = ServerProcess.Start("vault-server.dll", [], ("VAULT_DATA", data), ("ENCRYPTION_KEY", OldKey));
        try
        {
            await ServerProcess.WaitForLineAsync(server.StandardOutput, ServerProcess.ServingLine);
            var ended = await RotateAsync(OldKey, NewKey);
            ended.ExitCode.ShouldBe(78);
            ended.Error.ShouldContain("Stop the server");
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    [Theory]
    [InlineData(true, true, "not the key of this vault")]
    [InlineData(false, false, "NEW_ENCRYPTION_KEY")]
    public async Task A_wrong_old_key_or_a_missing_new_one_changes_nothing(bool isOldWrong, bool hasNew, string words)
    {
        await MakeVaultAsync(3);
        var ended = await RotateAsync(isOldWrong ? new string('1', 64) : OldKey, hasNew ? NewKey : null);
        ended.ExitCode.ShouldBe(78);
        ended.Error.ShouldContain(words);
        ShouldOpenWith(OldKey, 3);
    }

    [Fact]
    public async Task Keygen_prints_a_key_that_is_another_one_each_time()
    {
        var first = (await ServerProcess.RunAsync("vaultctl.dll", ["keygen"])).Output.Trim();
        var second = (await ServerProcess.RunAsync("vaultctl.dll", ["keygen"])).Output.Trim();
        SystemKey.Parse(first).IsOk.ShouldBeTrue();
        second.ShouldNotBe(first);
    }

    private Task<Ended> RotateAsync(string current, string? next) =>
        ServerProcess.RunAsync("vaultctl.dll", ["rotate-key"], Environment(current, next));

    private (string, string?)[] Environment(string current, string? next) =>
        [("VAULT_DATA", data), ("ENCRYPTION_KEY", current), ("NEW_ENCRYPTION_KEY", next)];

    private async Task<bool> StartAndStopAsync(string key)
    {
        using var server = ServerProcess.Start("vault-server.dll", [], ("VAULT_DATA", data), ("ENCRYPTION_KEY", key));
        await ServerProcess.WaitForLineAsync(server.StandardOutput, ServerProcess.ServingLine);
        server.Kill();
        await server.WaitForExitAsync();
        return true;
    }

    private async Task MakeVaultAsync(int sources)
    {
        await StartAndStopAsync(OldKey);
        using var key = SystemKey.Parse(OldKey).Value;
        await using var db = OpenDatabase();
        for (var i = 0; i < sources; i++)
        {
            var id = Guid.NewGuid();
            var wrapped = key.Wrap("{\"password\":\"secret\"}"u8, WrappedRow.Of("Sources", id, "WrappedSecrets"));
            db.Add(new Source { Id = id, Name = $"source {i}", Engine = "postgresql", SettingsJson = "{}", WrappedSecrets = wrapped });
        }
        db.Add(new VaultSetting { Name = Webhook.Where.RowId, Value = key.Wrap("https://example.org/"u8, Webhook.Where) });
        await db.SaveChangesAsync();
    }

    private void ShouldOpenWith(string hex, int sources)
    {
        using var key = SystemKey.Parse(hex).Value;
        using var connection = new SqliteConnection(ConnectionString);
        connection.Open();
        var count = WrappedColumn.All.DistinctBy(column => (column.Table, column.Column)).Sum(column => OpenAll(connection, column, key));
        count.ShouldBeGreaterThanOrEqualTo(sources + 3, "the sources, the check value, the webhook and a cookie key");
    }

    private static int OpenAll(SqliteConnection connection, WrappedColumn column, SystemKey key)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT \"{column.IdColumn}\", \"{column.Column}\" FROM \"{column.Table}\" WHERE \"{column.Column}\" LIKE 'v1.%'";
        using var rows = command.ExecuteReader();
        var count = 0;
        for (; rows.Read(); count++)
            key.Unwrap(rows.GetString(1), new(column.Table, rows.GetString(0), column.Column)).IsOk.ShouldBeTrue($"{column.Table} {rows.GetString(0)}");
        return count;
    }

    private VaultDb OpenDatabase()
    {
        var options = new DbContextOptionsBuilder<VaultDb>();
        DatabaseSetup.Configure(options, ConnectionString);
        return new VaultDb(options.Options);
    }

    private static void Kill9(Process process)
    {
        using var kill = Process.Start("kill", ["-9", process.Id.ToString()]);
        kill.WaitForExit();
    }
}
