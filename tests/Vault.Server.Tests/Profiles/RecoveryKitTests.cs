using System.Diagnostics;
using System.Text.Json;
using AngleSharp.Html.Parser;
using Shouldly;
using Vault.Server.Database;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Profiles;
using Xunit;

namespace Vault.Server.Tests.Profiles;

/// <summary>What is in a Recovery Kit.</summary>
public sealed class RecoveryKitTests : IAsyncDisposable
{
    private readonly TestVault vault = new();

    private ProfileService Profiles => vault.Get<ProfileService>();

    public ValueTask DisposeAsync() => vault.DisposeAsync();

    [Theory]
    [InlineData("Home key")]
    [InlineData("<b>&\"quoted\"</b> {{key}}")]
    [InlineData("c0ffee01c0ffee01c0ffee01c0ffee01c0ffee01c0ffee01c0ffee01c0ffee01")]
    public async Task The_key_is_the_only_word_of_its_kind_in_the_text_and_on_the_page(string profile)
    {
        var admin = await vault.SignInAsync();
        var id = (await Profiles.CreateAsync(profile, TestVault.Admin)).Value;
        var hex = await Kit.KeyOfAsync(vault, id);

        var kit = await Kit.DownloadAsync(vault, admin, id);

        kit.Files["key.txt"].Split('\n').ShouldContain($"Vault master key: {hex}");
        Kit.KeyWords(kit.Files["key.txt"]).ShouldBe([hex]);
        Kit.KeyWords(kit.Files["key.html"]).ShouldBe([hex]);
        var page = new HtmlParser().ParseDocument(kit.Files["key.html"]);
        Kit.KeyWords(page.Body!.TextContent).ShouldBe([hex]);
        string.Concat(page.QuerySelectorAll(".groups td").Select(cell => cell.TextContent)).ShouldBe(hex);
        string.Concat(kit.Files["key.txt"].Split('\n').Where(line => line.StartsWith("    ")).Take(4)).Replace(" ", "").ShouldBe(hex);
        var others = kit.Files.Where(f => f.Key is not ("key.txt" or "key.html")).Select(f => f.Value);
        string.Join('\n', others).ShouldNotContain(hex);
    }

    [Fact]
    public async Task The_page_says_whose_key_it_is_loads_nothing_and_has_no_script()
    {
        var admin = await vault.SignInAsync();
        var id = (await Profiles.CreateAsync("<i>Home</i> key", TestVault.Admin)).Value;
        var row = (await Profiles.ListAsync()).Single();

        var kit = await Kit.DownloadAsync(vault, admin, id);

        var page = new HtmlParser().ParseDocument(kit.Files["key.html"]);
        page.Title!.ShouldContain("<i>Home</i> key");
        page.QuerySelectorAll("i, script, link, img, iframe, [src], [href]").ShouldBeEmpty();
        page.QuerySelector("meta[http-equiv=Content-Security-Policy]")!.GetAttribute("content").ShouldBe("default-src 'none'; style-src 'unsafe-inline'");
        foreach (var text in new[] { page.Body!.TextContent, kit.Files["key.txt"] })
        {
            text.ShouldContain(row.KeyFingerprint);
            text.ShouldContain("<i>Home</i> key");
            text.ShouldContain("http://localhost");
            text.ShouldContain(DateTimeOffset.UtcNow.ToString("yyyy-MM-dd"));
            text.ShouldContain("0 backups");
            text.ShouldNotContain("{{");
        }
        kit.FileName.ShouldBe($"vault-recovery-kit-i-home-i-key-{row.KeyFingerprint[..8]}-{DateTimeOffset.UtcNow:yyyy-MM-dd}.zip");
        kit.Files.Keys.ShouldBe(["README.txt", "key.html", "key.txt", "recover.html", "recover.mjs", "backups.txt", "backups.json"], ignoreOrder: true);
        foreach (var opener in new[] { "recover.html", "recover.mjs" })
            kit.Files[opener].ShouldBe(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "..", "wwwroot-assets", "dist", "recover", opener)), opener);
        kit.Files["README.txt"].TrimEnd().Split('\n').Length.ShouldBe(3);
    }

    [Fact]
    public async Task The_QR_code_on_the_page_is_the_key()
    {
        var admin = await vault.SignInAsync();
        var id = (await Profiles.CreateAsync("Home key", TestVault.Admin)).Value;

        var kit = await Kit.DownloadAsync(vault, admin, id);

        var svg = new HtmlParser().ParseDocument(kit.Files["key.html"]).QuerySelector("svg.qr").ShouldNotBeNull().OuterHtml;
        (await DecodeAsync(svg)).ShouldBe(await Kit.KeyOfAsync(vault, id));
    }

    [Fact]
    public async Task It_lists_the_backups_of_this_key_and_where_they_are_and_no_others()
    {
        var admin = await vault.SignInAsync();
        var id = (await Profiles.CreateAsync("Home key", TestVault.Admin)).Value;
        await Profiles.CreateAsync("Other key", TestVault.Admin);
        var rows = await Profiles.ListAsync();
        var nas = await AddDestinationAsync("Second disk", "/mnt/nas/backups");
        await AddDestinationAsync("Unused", "/mnt/unused");
        await AddBackupAsync(rows.Single(r => r.Id == id).KeyFingerprint, nas, "shop/2026-11-21.sql.gz.enc");
        await AddBackupAsync(rows.Single(r => r.Id != id).KeyFingerprint, nas, "other/2026-11-21.sql.gz.enc");

        var kit = await Kit.DownloadAsync(vault, admin, id);

        foreach (var text in new[] { kit.Files["backups.txt"], kit.Files["backups.json"] })
        {
            foreach (var expected in new[] { "shop/2026-11-21.sql.gz.enc", "Second disk", "/mnt/nas/backups", "Nightly", "shop server", "postgresql", "GZIP", "sealed", "2026-11-21" })
                text.ShouldContain(expected);
            text.ShouldNotContain("other/");
            text.ShouldNotContain("Unused");
        }
        var backup = JsonDocument.Parse(kit.Files["backups.json"]).RootElement.GetProperty("backups").EnumerateArray().ShouldHaveSingleItem();
        var copy = backup.GetProperty("copies").EnumerateArray().ShouldHaveSingleItem();
        copy.GetProperty("metadata").GetString().ShouldBe("shop/2026-11-21.sql.gz.enc.meta.json");
        copy.GetProperty("sizeBytes").GetInt64().ShouldBe(1234);
        kit.Files["key.html"].ShouldContain("1 backup on that day");
        kit.Files["backups.txt"].Split('\n').ShouldContain(line => line.Contains("Nightly forged line"), "line ends of somebody else's metadata stay in their line");
    }

    [Fact]
    public async Task No_other_secret_is_in_the_kit()
    {
        var admin = await vault.SignInAsync();
        var id = (await Profiles.CreateAsync("Home key", TestVault.Admin)).Value;
        var other = (await Profiles.CreateAsync("Other key", TestVault.Admin)).Value;
        var nas = await AddDestinationAsync("Second disk", "/mnt/nas/backups");
        await AddBackupAsync((await Profiles.ListAsync()).Single(r => r.Id == id).KeyFingerprint, nas, "shop/a.sql.gz.enc");
        await using (var db = vault.OpenDatabase())
        {
            var destination = (await db.Destinations.FindAsync(nas)).ShouldNotBeNull();
            destination.WrappedSecrets = vault.Get<Vault.Core.Keys.SystemKey>().Wrap("canary-wrapped"u8, WrappedRow.Of("Destinations", nas, "WrappedSecrets"));
            // As an older version may have left it: nothing that the store does not name as harmless comes along.
            destination.SettingsJson = """{"folder":"/mnt/nas/backups","secretKey":"canary-visible"}""";
            await db.SaveChangesAsync();
        }

        var kit = await Kit.DownloadAsync(vault, admin, id);

        kit.All.ShouldContain("/mnt/nas/backups");
        foreach (var secret in new[] { "canary", "v1.", TestVault.Key, TestVault.Password, await Kit.KeyOfAsync(vault, other) })
            kit.All.ShouldNotContain(secret);
    }

    private static async Task<string> DecodeAsync(string svg)
    {
        var folder = Path.GetDirectoryName(Path.GetDirectoryName(Here()))!;
        var start = new ProcessStartInfo("node", [Path.Combine(folder, "node", "qr.mjs")]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(svg);
        process.StandardInput.Close();
        return await process.StandardOutput.ReadToEndAsync();
    }

    private static string Here([System.Runtime.CompilerServices.CallerFilePath] string file = "") => file;

    private async Task<Guid> AddDestinationAsync(string name, string folder)
    {
        await using var db = vault.OpenDatabase();
        var destination = new Destination { Id = Guid.NewGuid(), Name = name, Store = "local", SettingsJson = $$"""{"folder":"{{folder}}"}""" };
        db.Add(destination);
        await db.SaveChangesAsync();
        return destination.Id;
    }

    private async Task AddBackupAsync(string fingerprint, Guid destinationId, string objectName)
    {
        await using var db = vault.OpenDatabase();
        var backup = new Backup
        {
            Id = Guid.NewGuid(), JobName = "Nightly\r\nforged line", SourceName = "shop server", Engine = "postgresql", Databases = "shop", DumpFormat = "plain",
            Format = "sealed", Compression = "GZIP", IsEncrypted = true, KeyFingerprint = fingerprint, StartedAt = new(2026, 11, 21, 2, 0, 0, TimeSpan.Zero),
        };
        backup.Copies.Add(BackupRows.CopyOf(backup.Id, objectName, 1234, destinationId));
        db.Add(backup);
        await db.SaveChangesAsync();
    }
}
