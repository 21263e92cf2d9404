using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace Vault.Server.Tests.Database;

public sealed class StartTests : IDisposable
{
    private static readonly string Key = RandomNumberGenerator.GetHexString(64, lowercase: true);

    private readonly string folder = Directory.CreateTempSubdirectory("vault-start-").FullName;

    private string Data => Path.Combine(folder, "data");

    private string DatabasePath => Path.Combine(Data, "vault.db");

    public void Dispose() => Directory.Delete(folder, true);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("not-a-key-but-a-canary")]
    [InlineData("abc123")]
    public async Task Without_a_well_formed_key_it_refuses_in_one_sentence_with_the_command_that_makes_one(string? key)
    {
        var ended = await ServerProcess.RunAsync("vault-server.dll", [], ("VAULT_DATA", Data), ("ENCRYPTION_KEY", key));

        ShouldBeRefusal(ended);
        ended.Error.ShouldContain("ENCRYPTION_KEY");
        ended.Error.ShouldContain("openssl rand -hex 32");
        if (key is { Length: > 0 })
            ended.Error.ShouldNotContain(key);
        Directory.Exists(Data).ShouldBeFalse("nothing is made for a vault that has no key");
    }

    [Fact]
    public async Task A_key_file_that_cannot_be_read_is_named()
    {
        var ended = await ServerProcess.RunAsync("vault-server.dll", [], ("VAULT_DATA", Data), ("ENCRYPTION_KEY_FILE", "/nowhere/key"));

        ShouldBeRefusal(ended);
        ended.Error.ShouldContain("/nowhere/key");
    }

    [Fact]
    public async Task A_wrong_key_is_recognised_before_anything_is_written()
    {
        await MakeVaultAsync();
        var before = Hashes();
        var wrong = RandomNumberGenerator.GetHexString(64, lowercase: true);

        var ended = await ServerProcess.RunAsync("vault-server.dll", [], ("VAULT_DATA", Data), ("ENCRYPTION_KEY", wrong));

        ShouldBeRefusal(ended);
        ended.Error.ShouldContain("not the key of this vault");
        ended.Error.ShouldNotContain(wrong);
        Hashes().ShouldBe(before);
    }

    [Fact]
    public async Task A_vault_that_a_newer_version_wrote_is_left_alone()
    {
        await MakeVaultAsync();
        Execute("INSERT INTO __EFMigrationsHistory VALUES ('29990101000000_FromTheFuture', '99.0')");
        var before = Hashes();

        var ended = await ServerProcess.RunAsync("vault-server.dll", [], ("VAULT_DATA", Data), ("ENCRYPTION_KEY", Key));

        ShouldBeRefusal(ended);
        ended.Error.ShouldContain("newer Vault");
        Hashes().ShouldBe(before);
    }

    [Fact]
    public async Task A_second_server_on_the_same_vault_is_refused()
    {
        using var first = ServerProcess.Start("vault-server.dll", [], ("VAULT_DATA", Data), ("ENCRYPTION_KEY", Key));
        try
        {
            await ServerProcess.WaitForLineAsync(first.StandardOutput, ServerProcess.ServingLine);
            var ended = await ServerProcess.RunAsync("vault-server.dll", [], ("VAULT_DATA", Data), ("ENCRYPTION_KEY", Key));

            ShouldBeRefusal(ended);
            ended.Error.ShouldContain("held by another process");
        }
        finally
        {
            first.Kill();
            await first.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task A_migration_that_was_killed_does_not_block_the_next_start()
    {
        await MakeVaultAsync();
        Execute("DELETE FROM __EFMigrationsHistory; INSERT INTO __EFMigrationsLock (Id, Timestamp) VALUES (1, '2020-01-01')");

        // The migration runs again and fails, because its tables are there: but it ends, and a copy of the vault was made before.
        var ended = await ServerProcess.RunAsync("vault-server.dll", [], ("VAULT_DATA", Data), ("ENCRYPTION_KEY", Key));

        ended.ExitCode.ShouldBe(78);
        ended.Error.ShouldContain(Directory.GetFiles(Data, "vault-before-*.db").ShouldHaveSingleItem());
    }

    [Fact]
    public async Task Only_its_owner_reads_the_vault()
    {
        await MakeVaultAsync();
        File.GetUnixFileMode(Data).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in Directory.GetFiles(Data))
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
    }

    private static void ShouldBeRefusal(Ended ended)
    {
        ended.ExitCode.ShouldBe(78, ended.Error);
        ended.Output.ShouldBeEmpty();
        ended.Error.Trim().Split('\n').Length.ShouldBe(1, ended.Error);
        ended.Error.ShouldNotContain("Exception");
    }

    private async Task MakeVaultAsync()
    {
        using var server = ServerProcess.Start("vault-server.dll", [], ("VAULT_DATA", Data), ("ENCRYPTION_KEY", Key));
        await ServerProcess.WaitForLineAsync(server.StandardOutput, ServerProcess.ServingLine);
        server.Kill();
        await server.WaitForExitAsync();
    }

    private Dictionary<string, string> Hashes() => Directory.GetFiles(Data, "vault.db*")
        // A reader leaves an empty log and an index behind; what counts is that no byte of content changed.
        .Where(f => !f.EndsWith("-shm", StringComparison.Ordinal) && new FileInfo(f).Length > 0)
        .ToDictionary(f => f, f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f))));

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
