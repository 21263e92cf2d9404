using System.Text.Json;
using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Xunit;

namespace Vault.Server.Tests.Cli;

/// <summary><c>vaultctl inspect</c> and <c>list</c>: what can be told without a key.</summary>
public sealed class InspectTests : IDisposable
{
    private readonly CliFolder folder = new() { Format = EncryptionFormat.Standard };

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_backup_tells_what_it_is_without_a_key()
    {
        var backup = await folder.BackUpAsync(CliFolder.Text(100));
        var facts = await InspectAsync(backup);
        facts.GetProperty("format").GetString().ShouldBe("standard");
        facts.GetProperty("metadata").GetString().ShouldBe("present");
        facts.GetProperty("compression").GetString().ShouldBe("GZIP");
        facts.GetProperty("job").GetString().ShouldBe("Nightly");
        facts.GetProperty("source").GetString().ShouldBe("Shop");
        facts.GetProperty("key").GetProperty("fingerprint").GetString().ShouldBe(CliFolder.Key.Fingerprint);
        facts.GetProperty("dumpBytes").GetInt64().ShouldBe(CliFolder.Text(100).Length);
        facts.GetProperty("sizeBytes").GetInt64().ShouldBe(new FileInfo(backup).Length);
        facts.GetProperty("isSizeRight").GetBoolean().ShouldBeTrue();
        facts.GetProperty("tables")[0].GetProperty("rows").GetInt64().ShouldBe(123);
        var text = (await Ctl.RunAsync(["inspect", backup])).Output;
        foreach (var word in new[] { "standard", "GZIP", "Nightly", CliFolder.Key.Fingerprint, "'Shop key'", "2026-11-21 02:00:00 UTC by ann", "public.orders: 123 rows" }) text.ShouldContain(word);
    }

    [Fact]
    public async Task What_is_missing_or_does_not_fit_is_noted()
    {
        var (cut, lost, garbage, open) = (await folder.BackUpAsync(CliFolder.Text(100)), await folder.BackUpAsync(CliFolder.Text(100)),
            await folder.BackUpAsync(CliFolder.Text(100)), await folder.BackUpAsync(CliFolder.Text(100), isEncrypted: false));
        await File.WriteAllBytesAsync(cut, (await File.ReadAllBytesAsync(cut))[..100]);
        File.Delete(lost + ".meta.json");
        await File.WriteAllTextAsync(garbage + ".meta.json", "[]");
        (await InspectAsync(cut)).GetProperty("isSizeRight").GetBoolean().ShouldBeFalse();
        (await InspectAsync(lost)).GetProperty("metadata").GetString().ShouldBe("missing");
        (await InspectAsync(lost)).GetProperty("note").GetString()!.ShouldContain("does not open without");
        (await InspectAsync(garbage)).GetProperty("metadata").GetString().ShouldBe("unreadable");
        (await Ctl.RunAsync(["inspect", open])).Output.ShouldContain("not encrypted");
        (await Ctl.RunAsync(["inspect", folder.File("nothing")])).ExitCode.ShouldBe(5);
    }

    [Fact]
    public async Task A_sealed_file_tells_of_itself_and_of_metadata_that_is_not_its_own()
    {
        using var sealedFolder = new CliFolder();
        var (backup, other) = (await sealedFolder.BackUpAsync(CliFolder.Text(100)), await sealedFolder.BackUpAsync(CliFolder.Text(100)));
        (await InspectAsync(backup)).GetProperty("format").GetString().ShouldBe("sealed");
        File.Delete(backup + ".meta.json");
        var alone = await InspectAsync(backup);
        (alone.GetProperty("metadata").GetString(), alone.GetProperty("format").GetString(), alone.GetProperty("compression").GetString()).ShouldBe(("missing", "sealed", "GZIP"));
        alone.GetProperty("note").GetString()!.ShouldContain("opens with its key alone");
        File.Copy(other + ".meta.json", backup + ".meta.json");
        (await InspectAsync(backup)).GetProperty("metadata").GetString().ShouldBe("foreign");
        var listing = JsonDocument.Parse((await Ctl.RunAsync(CliFolder.Hex, "list", sealedFolder.BackupFolder, "--json")).Output).RootElement;
        listing.GetProperty("backups").EnumerateArray().Select(one => one.GetProperty("opens").GetBoolean()).ShouldBe([true, true]);
        (await Ctl.RunAsync(CliFolder.OtherHex, "list", sealedFolder.BackupFolder)).Output.ShouldContain("no given key opens it");
    }

    [Fact]
    public async Task A_backup_with_a_password_says_so()
    {
        using var sealedFolder = new CliFolder { Password = "correct horse battery" };
        var backup = await sealedFolder.BackUpAsync(CliFolder.Text(100));
        (await InspectAsync(backup)).GetProperty("key").GetProperty("kind").GetString().ShouldBe("password");
        var listed = (await Ctl.RunAsync(["list", sealedFolder.BackupFolder], ("VAULT_PASSWORD", "correct horse battery"))).Output;
        listed.ShouldContain("a given key opens it");
        listed.ShouldContain("A password: needed by 1, and given.");
    }

    [Fact]
    public async Task Names_that_would_steer_the_terminal_are_shown_without_that()
    {
        var backup = await folder.BackUpAsync(CliFolder.Text(100));
        await CliFolder.ChangeMetadataAsync(backup, meta => meta["job"]!["name"] = "Ni\u001b]0;owned\u0007ghtly\u202e");
        var output = (await Ctl.RunAsync(["inspect", backup])).Output + (await Ctl.RunAsync(["list", folder.BackupFolder])).Output;
        output.ShouldContain("]0;owned");
        foreach (var steering in new[] { "\u001b", "\u0007", "\u202e" }) output.ShouldNotContain(steering);
    }

    [Fact]
    public async Task A_folder_shows_its_backups_newest_first_and_the_keys_that_they_need()
    {
        var other = MasterKey.ParseHex(CliFolder.OtherHex).Value;
        var (first, second, third) = (await folder.BackUpAsync(CliFolder.Text(100)), await folder.BackUpAsync(CliFolder.Text(100), key: other), await folder.BackUpAsync(CliFolder.Text(100)));
        File.Delete(third + ".meta.json");
        await File.WriteAllTextAsync(Path.Combine(folder.BackupFolder, "holiday.jpg"), "not ours");
        await File.WriteAllTextAsync(third + ".partial", "being written");
        var listing = JsonDocument.Parse((await Ctl.RunAsync(CliFolder.OtherHex, "list", folder.BackupFolder, "--json")).Output).RootElement;
        var backups = listing.GetProperty("backups").EnumerateArray().ToList();
        backups.Count.ShouldBe(3);
        backups.Where(one => one.GetProperty("metadata").GetString() == "present").Select(one => one.GetProperty("file").GetString()).ShouldBe([second, first]);
        backups.Single(one => one.GetProperty("file").GetString() == second).GetProperty("opens").GetBoolean().ShouldBeTrue();
        backups.Single(one => one.GetProperty("file").GetString() == first).GetProperty("opens").GetBoolean().ShouldBeFalse();
        var lost = backups.Single(one => one.GetProperty("file").GetString() == third);
        (lost.GetProperty("metadata").GetString(), lost.GetProperty("note").GetString()!.Contains("does not open without")).ShouldBe(("missing", true));
        var wanted = listing.GetProperty("keys").EnumerateArray().Select(key => (key.GetProperty("fingerprint").GetString(), key.GetProperty("isGiven").GetBoolean()));
        wanted.ShouldBe([(CliFolder.Key.Fingerprint, false), (other.Fingerprint, true)], ignoreOrder: true);
        var text = (await Ctl.RunAsync(["list", folder.BackupFolder])).Output;
        text.IndexOf(Path.GetFileName(second), StringComparison.Ordinal).ShouldBeLessThan(text.IndexOf(Path.GetFileName(first), StringComparison.Ordinal));
        text.ShouldContain($"Key {CliFolder.Key.Fingerprint} (profile 'Shop key'): needed by 1.");
    }

    [Fact]
    public async Task A_folder_that_is_not_there_or_is_empty_is_said()
    {
        (await Ctl.RunAsync(["list", folder.File("no")])).ExitCode.ShouldBe(5);
        (await Ctl.RunAsync(["list", folder.OutFolder])).Output.ShouldContain("no backup here");
    }

    private static async Task<JsonElement> InspectAsync(string backup) => JsonDocument.Parse((await Ctl.RunAsync(["inspect", backup, "--json"])).Output).RootElement;
}
