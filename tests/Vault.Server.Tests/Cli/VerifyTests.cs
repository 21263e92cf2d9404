using System.Text;
using System.Text.Json;
using Shouldly;
using Vault.Core.Formats;
using Vault.Server.Tests.Runs;
using Xunit;

namespace Vault.Server.Tests.Cli;

/// <summary><c>vaultctl verify</c>: reads a whole backup and proves it.</summary>
public sealed class VerifyTests(PostgresServer postgres)
{
    public static TheoryData<EncryptionFormat, string> Kinds() =>
        [.. from format in Enum.GetValues<EncryptionFormat>() from dump in new[] { "plain", "custom" } select (format, dump)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_good_backup_is_proved_to_the_end_of_its_dump(EncryptionFormat format, string dumpFormat)
    {
        using var folder = new CliFolder { Format = format };
        var backup = await RestoreTests.BackUpAsync(folder, postgres.Cluster, await postgres.MakeDatabaseAsync(), dumpFormat);
        var ended = await Ctl.RunAsync(CliFolder.Hex, "verify", backup);
        ended.ExitCode.ShouldBe(0, ended.Error);
        ended.Output.ShouldContain("is whole");
        var answer = JsonDocument.Parse((await Ctl.RunAsync(CliFolder.Hex, "verify", backup, "--json")).Output).RootElement;
        answer.GetProperty("storedBytes").GetInt64().ShouldBe(new FileInfo(backup).Length);
        answer.GetProperty("storedSha256").GetString().ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(backup))));
        answer.GetProperty("dumpFormat").GetString().ShouldBe(dumpFormat);
        answer.GetProperty("endSeen").GetString().ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData("wrong key", 3)]
    [InlineData("flipped bit", 4)]
    [InlineData("cut file", 4)]
    [InlineData("half a dump", 4)]
    [InlineData("missing file", 5)]
    public async Task A_bad_one_is_not(string wrong, int exitCode)
    {
        using var folder = new CliFolder();
        var backup = wrong == "half a dump"
            ? await folder.BackUpAsync(Encoding.UTF8.GetBytes("--\n-- PostgreSQL database dump\n--\nCREATE TABLE orders (id int);\n"))
            : await RestoreTests.BackUpAsync(folder, postgres.Cluster, await postgres.MakeDatabaseAsync());
        var bytes = await File.ReadAllBytesAsync(backup);
        if (wrong == "flipped bit") bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(backup, wrong == "cut file" ? bytes[..^20] : bytes);
        if (wrong == "missing file") File.Delete(backup);
        var ended = await Ctl.RunAsync(wrong == "wrong key" ? CliFolder.OtherHex : CliFolder.Hex, "verify", backup);
        ended.ExitCode.ShouldBe(exitCode, ended.Error);
        ended.Output.ShouldBeEmpty();
        ended.Error.ShouldNotContain("Exception");
    }
}
