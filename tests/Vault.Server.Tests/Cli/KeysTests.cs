using Shouldly;
using Vault.Cli.Keys;
using Vault.Server.Features.Profiles;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Cli;

/// <summary>Where <c>vaultctl</c> takes its keys from.</summary>
public sealed class KeysTests : IDisposable
{
    private const string Hex = "00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f";
    private readonly CliFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(Hex, "origin")]
    [InlineData("  " + Hex + "\r\n", "origin")]
    [InlineData("0011 2233 4455 6677 8899 aabb ccdd eeff 1021 3243 5465 7687 98a9 bacb dced fe0f", "origin")]
    [InlineData("00112233-44556677-8899AABB-CCDDEEFF-10213243-54657687-98A9BACB-DCEDFE0F", "origin")]
    [InlineData("shop = " + Hex, "shop")]
    [InlineData("shop: 00112233 44556677 8899AABB CCDDEEFF 10213243 54657687 98A9BACB DCEDFE0F", "shop")]
    [InlineData("Dear owner,\nkeep this safe.\nVault master key: " + Hex + "\nSHA-256 of this kit: " + "ff112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f", "origin")]
    public void A_key_is_found_in_what_people_keep_it_in(string text, string name)
    {
        var found = KeyText.Find(text, "origin").ShouldHaveSingleItem();
        found.Key.RevealHex().ShouldBe(Hex);
        found.Name.ShouldBe(name);
        found.ToString().ShouldNotContain(Hex);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0011")]
    [InlineData(Hex + "0")]
    [InlineData("# " + Hex)]
    [InlineData("it was forgotten")]
    public void What_is_no_key_is_not_taken_for_one(string text) => KeyText.Find(text, "origin").ShouldBeEmpty();

    [Fact]
    public async Task The_right_one_of_many_is_found_and_named()
    {
        var backup = await folder.BackUpAsync(CliFolder.Text(100));
        await File.WriteAllTextAsync(folder.File("keys.txt"), $"{CliFolder.OtherHex}\nold shop: {Hex}\nshop: {CliFolder.Hex}\n");
        var ended = await Ctl.RunAsync(["decrypt", backup, "--out", folder.Out, "--key-file", folder.File("keys.txt")]);
        ended.ExitCode.ShouldBe(0, ended.Error);
        ended.Error.ShouldContain("Smart Recovery Successful: Matched key from profile 'shop'\n");
        foreach (var hex in new[] { CliFolder.Hex, CliFolder.OtherHex, Hex }) (ended.Output + ended.Error).ShouldNotContain(hex);
    }

    [Fact]
    public async Task None_of_many_is_said_with_their_names()
    {
        var backup = await folder.BackUpAsync(CliFolder.Text(100));
        await File.WriteAllTextAsync(folder.File("keys.txt"), $"{CliFolder.OtherHex}\nold shop: {Hex}\n");
        var ended = await Ctl.RunAsync(["decrypt", backup, "--out", folder.Out, "--key-file", folder.File("keys.txt")]);
        ended.ExitCode.ShouldBe(3);
        ended.Error.ShouldContain("'keys.txt line 1', 'old shop'");
        ended.Error.ShouldContain(CliFolder.Key.Fingerprint, customMessage: "the key that is wanted");
        folder.Left.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_comes_from_a_file_that_the_environment_names()
    {
        var backup = await folder.BackUpAsync(CliFolder.Text(100));
        await File.WriteAllTextAsync(folder.File("key"), CliFolder.Hex);
        (await Ctl.RunAsync(["decrypt", backup, "--out", folder.Out], ("VAULT_KEY_FILE", folder.File("key")))).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task The_key_file_of_a_Recovery_Kit_is_a_key_file()
    {
        var backup = await folder.BackUpAsync(CliFolder.Text(100));
        var facts = new RecoveryKitFacts("Shop key", CliFolder.Key.Fingerprint, DateTimeOffset.UnixEpoch, "vault", [], []);
        using var kit = new RecoveryKitKeyFile(facts, CliFolder.Key);
        using var text = kit.Text();
        using var page = kit.Page();
        foreach (var (name, content) in new[] { ("key.txt", text), ("key.html", page) })
        {
            await File.WriteAllBytesAsync(folder.File(name), content.Written);
            var ended = await Ctl.RunAsync(["decrypt", backup, "--out", folder.Out, "--force", "--key-file", folder.File(name)]);
            ended.ExitCode.ShouldBe(0, ended.Error);
            ended.Error.ShouldContain($"profile '{name}'");
        }
    }

    [Theory]
    [InlineData("VAULT_PASSWORD", "correct horse battery", 0, "")]
    [InlineData("BACKUP_ENCRYPTION_PASSWORD", "correct horse battery", 0, "")]
    [InlineData("VAULT_PASSWORD", "Correct horse battery", 3, "Wrong password")]
    [InlineData("VAULT_KEY", Hex, 3, "none was given")]
    public async Task A_backup_with_a_password_opens_with_it_and_with_nothing_else(string variable, string value, int exitCode, string words)
    {
        using var sealedFolder = new CliFolder { Password = "correct horse battery" };
        var backup = await sealedFolder.BackUpAsync(CliFolder.Text(100));
        var ended = await Ctl.RunAsync(["decrypt", backup, "--out", sealedFolder.Out], (variable, value));
        ended.ExitCode.ShouldBe(exitCode, ended.Error);
        ended.Error.ShouldContain(words);
        sealedFolder.Left.Count.ShouldBe(exitCode == 0 ? 1 : 0);
    }

    [Fact]
    public async Task The_last_resort_gives_way_to_the_password_that_was_meant()
    {
        using var sealedFolder = new CliFolder { Password = "correct horse battery" };
        var backup = await sealedFolder.BackUpAsync(CliFolder.Text(100));
        (await Ctl.RunAsync(["decrypt", backup, "--out", sealedFolder.Out], ("VAULT_PASSWORD", "wrong horse"), ("BACKUP_ENCRYPTION_PASSWORD", "correct horse battery"))).ExitCode.ShouldBe(3);
        (await Ctl.RunAsync(["decrypt", await folder.BackUpAsync(CliFolder.Text(10), isEncrypted: false), "--out", folder.Out], ("BACKUP_ENCRYPTION_PASSWORD", "x"))).ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("decrypt", Hex)]
    [InlineData("decrypt", "--key=" + Hex)]
    [InlineData("restore", "postgres://ann:canary@host/db")]
    [InlineData("restore", "--to=postgres://ann@host/db?password=canary")]
    [InlineData("restore", "Host=h;Password=canary")]
    public async Task A_secret_among_the_arguments_is_refused_and_not_repeated(string command, string secret)
    {
        var ended = await Ctl.RunAsync([command, "file", secret]);
        ended.ExitCode.ShouldBe(2);
        ended.Error.ShouldContain("everyone on this machine can read it");
        foreach (var word in new[] { Hex, "canary" }) (ended.Output + ended.Error).ShouldNotContain(word);
    }
}
