using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Playwright;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Pipeline;

namespace Vault.Browser.Tests;

/// <summary>recover.html opens backups from file:// in Chromium, with no server and no network.</summary>
public sealed class RecoverPageTests(Chrome chrome) : IDisposable
{
    private static readonly string CoreTests = Path.Combine(PublishedServer.RepositoryRoot, "tests", "Vault.Core.Tests");
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<CompressionMethod> Compressions => [.. Enum.GetValues<CompressionMethod>()];

    [Theory]
    [MemberData(nameof(Compressions))]
    public async Task A_backup_of_each_format_comes_back_as_a_download(CompressionMethod compression)
    {
        var dump = DumpInMemory.Text(9_000_000);
        foreach (var format in new EncryptionFormat?[] { EncryptionFormat.Sealed, EncryptionFormat.Standard, null })
        {
            var file = await DumpInMemory.BackUpAsync(dump, folder.Path, compression, format);
            await using var page = await RecoverPage.OpenAsync(chrome);
            await page.ForgetTheDiskAsync();
            await page.GiveAsync(format is EncryptionFormat.Sealed ? [file] : [file, file + ".meta.json"]);
            if (format is not null) await page.GiveKeyAsync(DumpInMemory.KeyHex);
            (await page.RecoverAsync()).ShouldBe(Sha256(dump), $"{format}");
            await page.Page.GetByText("psql -X -1").WaitForAsync();
            page.Faults.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task The_backups_of_DBackup_come_back()
    {
        var fixtures = Path.Combine(CoreTests, "fixtures", "dbackup");
        var manifest = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(fixtures, "manifest.json"))).RootElement;
        foreach (var artifact in manifest.GetProperty("artifacts").EnumerateArray())
        {
            var file = Path.Combine(fixtures, artifact.GetProperty("file").GetString()!);
            await using var page = await RecoverPage.OpenAsync(chrome);
            await page.ForgetTheDiskAsync();
            await page.GiveAsync(file, file + ".meta.json");
            await page.GiveKeyAsync(manifest.GetProperty("master_key_hex").GetString()!);
            (await page.RecoverAsync()).ShouldBe(artifact.GetProperty("plaintextSha256").GetString());
        }
    }

    [Theory]
    [InlineData("counter-goes-round")]
    [InlineData("iv-of-12-bytes")]
    public async Task A_standard_file_with_a_rare_first_counter_comes_back(string name)
    {
        var expected = await PublishedServer.RunAsync("node", Path.Combine(CoreTests, "Recovery", "standard.mjs"), folder.Path);
        await using var page = await RecoverPage.OpenAsync(chrome);
        await page.ForgetTheDiskAsync();
        await page.GiveAsync(folder.File($"{name}.sql.enc"), folder.File($"{name}.sql.enc.meta.json"));
        await page.GiveKeyAsync(DumpInMemory.KeyHex);
        (await page.RecoverAsync()).ShouldBe(expected.Trim());
    }

    [Fact]
    public async Task Each_vector_has_the_same_verdict_in_the_browser()
    {
        var vectors = JsonSerializer.Deserialize<List<Vector>>(await File.ReadAllTextAsync(Path.Combine(CoreTests, "vectors", "sealed", "vectors.json")), JsonSerializerOptions.Web)!;
        vectors.Count.ShouldBeGreaterThan(40);
        foreach (var vector in vectors)
        {
            await using var page = await RecoverPage.OpenAsync(chrome);
            await page.ForgetTheDiskAsync();
            await page.GiveAsync(Path.Combine(CoreTests, "vectors", "sealed", vector.File));
            if (vector.Problem is null)
                (await OpenAsync(page, vector)).ShouldBe(vector.Sha256, vector.File);
            else
                await IsRefusedAsync(page, vector);
        }
    }

    [Fact]
    public async Task Whatever_is_wrong_is_said_and_no_file_is_offered()
    {
        var file = await DumpInMemory.BackUpAsync(DumpInMemory.Text(5_000_000), folder.Path, CompressionMethod.Gzip, EncryptionFormat.Standard);
        await using var page = await RecoverPage.OpenAsync(chrome);
        await page.ForgetTheDiskAsync();
        var downloads = 0;
        page.Page.Download += (_, _) => downloads++;
        await page.GiveAsync(file);
        await page.Problem.Filter(new() { HasText = ".meta.json is missing" }).WaitForAsync();
        await page.GiveAsync(file + ".meta.json");
        await page.GiveKeyAsync(new string('7', 64));
        await page.Problem.Filter(new() { HasText = "This key does not open this backup" }).WaitForAsync();
        (await page.Button("Recover the dump").IsDisabledAsync()).ShouldBeTrue();

        var bytes = await File.ReadAllBytesAsync(file);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        await page.GiveAsync(file, file + ".meta.json");
        await page.GiveKeyAsync(DumpInMemory.KeyHex);
        await page.Button("Recover the dump").ClickAsync();
        await page.Problem.Filter(new() { HasText = "The key fits, but the authentication tag does not" }).WaitForAsync();
        (await page.Problem.EvaluateAsync<bool>("box => box === document.activeElement")).ShouldBeTrue();
        downloads.ShouldBe(0);
    }

    [Fact]
    public async Task Where_the_browser_can_write_to_disk_a_file_appears_only_when_everything_was_right()
    {
        var dump = DumpInMemory.Text(9_000_000);
        var file = await DumpInMemory.BackUpAsync(dump, folder.Path, CompressionMethod.None, EncryptionFormat.Sealed);
        (await WrittenToDiskAsync(file)).ShouldBe($"write,close {Sha256(dump)}");
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        (await WrittenToDiskAsync(file)).ShouldBe("write,abort,remove");
    }

    [Fact]
    public async Task A_backup_with_a_password_asks_for_it()
    {
        var dump = DumpInMemory.Text(100_000);
        using var password = Password.From("correct horse");
        var file = await DumpInMemory.BackUpAsync(dump, folder.Path, CompressionMethod.Gzip, EncryptionFormat.Sealed, password);
        await using var page = await RecoverPage.OpenAsync(chrome);
        await page.ForgetTheDiskAsync();
        await page.GiveAsync(file);
        await page.GivePasswordAsync("Correct horse");
        await page.Button("Recover the dump").ClickAsync();
        await page.Problem.Filter(new() { HasText = "This password does not open this backup" }).WaitForAsync();
        await page.GivePasswordAsync("correct horse");
        (await page.RecoverAsync()).ShouldBe(Sha256(dump));
    }

    [Theory]
    [InlineData(Theme.Light, Device.Desktop)]
    [InlineData(Theme.Dark, Device.Phone)]
    public async Task The_page_has_no_barriers_and_takes_the_key_from_the_kit(Theme theme, Device device)
    {
        var dump = DumpInMemory.Text(300_000);
        var file = await DumpInMemory.BackUpAsync(dump, folder.Path, CompressionMethod.Zstd, EncryptionFormat.Sealed);
        await File.WriteAllTextAsync(folder.File("key.html"), $"<h1>Recovery Kit</h1><p>Vault master key: <code>{DumpInMemory.KeyHex}</code></p>");
        await using var page = await RecoverPage.OpenAsync(chrome, device, theme);
        await page.ForgetTheDiskAsync();
        await page.Page.ShouldHaveNoBarriersAsync("the empty page");
        await page.GiveAsync(file, file + ".meta.json", folder.File("key.html"));
        await page.Page.GetByText("fits this backup").WaitForAsync();
        await page.Page.GetByText("Nightly shop").WaitForAsync();
        await page.Page.ShouldHaveNoBarriersAsync("a backup and its key");
        (await page.RecoverAsync()).ShouldBe(Sha256(dump));
        await page.Page.ShouldHaveNoBarriersAsync("the recovered dump");
        await Screenshots.TakeAsync(page.Page, "recover", theme, device);
        page.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_page_may_not_reach_any_network()
    {
        await using var page = await RecoverPage.OpenAsync(chrome);
        await page.Page.Context.SetOfflineAsync(false);
        var refused = await page.Page.EvaluateAsync<string>("""
            async () => {
              const refused = [];
              document.addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective));
              await fetch('http://127.0.0.1:9/').catch(() => {});
              new Image().src = 'http://127.0.0.1:9/a.png';
              const script = document.createElement('script');
              script.textContent = 'window.wasRun = true';
              document.head.append(script);
              for (let tries = 0; tries < 500 && refused.length < 3; tries++) await new Promise(resolve => setTimeout(resolve, 10));
              return [...refused, window.wasRun === undefined].join();
            }
            """);
        refused.Split(',').ShouldBe(["connect-src", "img-src", "script-src-elem", "true"], ignoreOrder: true);
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static async Task<string> OpenAsync(RecoverPage page, Vector vector)
    {
        await (vector.Password is { } password ? page.GivePasswordAsync(password) : page.GiveKeyAsync(vector.Key!));
        return await page.RecoverAsync();
    }

    private static async Task IsRefusedAsync(RecoverPage page, Vector vector)
    {
        // The header alone may be refused, or the key; else it shows when the backup is read.
        var recover = page.Button("Recover the dump");
        if (await page.Problem.CountAsync() == 0 && vector.Problem is not ("seal-header" or "no-seal"))
        {
            await (vector.Password is { } password ? page.GivePasswordAsync(password) : page.GiveKeyAsync(vector.Key!));
            await recover.Or(page.Problem).First.WaitForAsync();
            await page.Page.Locator("#recover:enabled, [role=alert]").First.WaitForAsync();
            if (await recover.IsEnabledAsync()) await recover.ClickAsync();
        }

        await page.Problem.WaitForAsync();
        (await page.Problem.GetAttributeAsync("data-code")).ShouldBeOneOf(Expected(vector.Problem!), vector.File);
    }

    private static string[] Expected(string problem) => problem switch
    {
        "no-key" => ["wrong-key", "wrong-password"],
        "no-seal" => ["metadata-missing", "seal-header"],
        "tag-mismatch" or "file-truncated" or "file-too-long" => ["tag-mismatch", "file-truncated", "file-too-long"],
        _ => [problem],
    };

    /// <summary>The dialog of the operating system is out of a test's reach; a file that writes down what is asked of it stands in.</summary>
    private async Task<string> WrittenToDiskAsync(string file)
    {
        await using var page = await RecoverPage.OpenAsync(chrome);
        await page.Page.EvaluateAsync("""
            () => {
              const said = [], pieces = [];
              const say = word => { if (said.at(-1) !== word) said.push(word); };
              const writable = { write: async piece => { say('write'); pieces.push(piece); }, close: async () => say('close'), abort: async () => say('abort') };
              window.showSaveFilePicker = async () => ({ name: 'dump.sql', getFile: async () => new Blob([]), createWritable: async () => writable, remove: async () => say('remove') });
              window.disk = async () => said.at(-1) !== 'close' ? said.join() : said.join() + ' ' + Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob(pieces).arrayBuffer())), b => b.toString(16).padStart(2, '0')).join('');
            }
            """);
        await page.GiveAsync(file);
        await page.GiveKeyAsync(DumpInMemory.KeyHex);
        await page.Button("Recover the dump").ClickAsync();
        await page.Page.Locator("#outcome .notice").WaitForAsync();
        return await page.Page.EvaluateAsync<string>("() => window.disk()");
    }

    private sealed record Vector(string File, string? Key, string? Password, string? Sha256, string? Problem);
}
