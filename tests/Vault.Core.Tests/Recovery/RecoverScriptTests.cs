using System.Security.Cryptography;
using System.Text.Json;
using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Vault.Core.Tests.Pipeline;
using Vault.Testing;
using Xunit;

namespace Vault.Core.Tests.Recovery;

/// <summary>recover.mjs opens backups in a process that knows nothing of Vault.</summary>
public sealed class RecoverScriptTests : IDisposable
{
    private static readonly Dictionary<string, string> RightKey = new() { ["VAULT_KEY"] = Rig.Key.RevealHex() };
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<CompressionMethod, EncryptionFormat?> EveryKind()
    {
        EncryptionFormat?[] formats = [EncryptionFormat.Sealed, EncryptionFormat.Standard, null];
        return new(Enum.GetValues<CompressionMethod>().SelectMany(compression => formats.Select(format => (compression, format))));
    }

    [Theory]
    [MemberData(nameof(EveryKind))]
    public async Task A_backup_of_vault_opens_in_node(CompressionMethod compression, EncryptionFormat? format)
    {
        var rig = new Rig { Compression = compression, IsEncrypted = format is not null, Format = format ?? EncryptionFormat.Sealed, DumpBytes = CompressionTests.Text(9_000_000) };
        var file = await WriteAsync(rig);
        if (format is EncryptionFormat.Sealed)
        {
            File.Delete(ObjectNames.MetadataOf(file));
        }

        var answer = await RecoverScript.RunAsync(folder.Path, RightKey, file, "--out", "dump.sql");
        answer.ExitCode.ShouldBe(0, answer.Errors);
        (await File.ReadAllBytesAsync(At("dump.sql"))).AsSpan().SequenceEqual(rig.DumpBytes).ShouldBeTrue();
        File.GetUnixFileMode(At("dump.sql")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        answer.Errors.ShouldNotContain(Rig.Key.RevealHex());
    }

    [Theory]
    [MemberData(nameof(DBackupTests.Artifacts), MemberType = typeof(DBackupTests))]
    public async Task A_backup_of_DBackup_opens_in_node(int index)
    {
        var fixtures = Path.Combine(AppContext.BaseDirectory, "fixtures", "dbackup");
        var manifest = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(fixtures, "manifest.json"))).RootElement;
        var artifact = manifest.GetProperty("artifacts")[index];
        var file = Path.Combine(fixtures, artifact.GetProperty("file").GetString()!);
        var answer = await RecoverScript.RunAsync(folder.Path, new() { ["VAULT_KEY"] = manifest.GetProperty("master_key_hex").GetString()! }, file, "--out", "-");
        answer.ExitCode.ShouldBe(0, answer.Errors);
        Convert.ToHexStringLower(SHA256.HashData(answer.Output)).ShouldBe(artifact.GetProperty("plaintextSha256").GetString());
    }

    [Fact]
    public async Task A_backup_with_a_password_opens_in_node_however_its_letters_are_typed()
    {
        using var password = Password.From("Z\u00fcrich 1867");
        var rig = new Rig { Password = password };
        var file = await WriteAsync(rig);
        var answer = await RecoverScript.RunAsync(folder.Path, new() { ["VAULT_PASSWORD"] = "Zu\u0308rich 1867" }, file, "--out", "-");
        answer.ExitCode.ShouldBe(0, answer.Errors);
        answer.Output.ShouldBe(rig.DumpBytes);
        await RefusesAsync(3, "[wrong-password]", new() { ["VAULT_PASSWORD"] = "zurich 1867" }, file);
    }

    [Theory]
    [MemberData(nameof(SealedVectorTests.Files), MemberType = typeof(SealedVectorTests))]
    public async Task Each_vector_has_the_same_verdict_in_node(string name)
    {
        var vector = SealedVectorTests.Read().Single(one => one.File == name);
        var file = Path.Combine(AppContext.BaseDirectory, "vectors", "sealed", name);
        var secret = vector.Password is null ? new Dictionary<string, string> { ["VAULT_KEY"] = vector.Key! } : new() { ["VAULT_PASSWORD"] = vector.Password };
        var answer = await RecoverScript.RunAsync(folder.Path, secret, file, "--out", vector.Problem is null ? "-" : "dump.sql");
        if (vector.Problem is null)
        {
            answer.ExitCode.ShouldBe(0, answer.Errors);
            Convert.ToHexStringLower(SHA256.HashData(answer.Output)).ShouldBe(vector.Sha256);
            return;
        }

        // Where Vault looks for metadata, a person without any is better told that the beginning is damaged.
        var expected = vector.Problem == "no-seal" ? ["seal-header"] : SealedVectorTests.Expected(vector.Problem);
        expected.ShouldContain(code => answer.Errors.Contains($"[{code}]"), answer.Errors);
        answer.ExitCode.ShouldBe(vector.Problem == "no-key" ? 3 : 1);
        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_flipped_bit_every_cut_and_every_exchange_of_a_sealed_file_is_refused_in_node()
    {
        var script = Path.Combine(Shape.Root, "tests", "Vault.Core.Tests", "Recovery", "refuse.mjs");
        var answer = await RecoverScript.NodeAsync(folder.Path, [], [script, RecoverScript.Path]);
        answer.ExitCode.ShouldBe(0, answer.Errors);
        var report = JsonDocument.Parse(answer.Output).RootElement;
        report.GetProperty("intact").GetBoolean().ShouldBeTrue();
        report.GetProperty("tried").GetInt32().ShouldBeGreaterThan(2500);
        report.GetProperty("opened").EnumerateArray().Select(one => one.GetString()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_key_leaves_nothing_and_is_told_from_damage()
    {
        var file = await WriteAsync(new Rig());
        await RefusesAsync(3, "[wrong-key]", new() { ["VAULT_KEY"] = new string('7', 64) }, file);
        await RefusesAsync(3, "[master-key-malformed]", new() { ["VAULT_KEY"] = "7777" }, file);
        await RefusesAsync(3, "[no-key]", [], file);
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        await RefusesAsync(1, "[tag-mismatch]", RightKey, file);
    }

    [Fact]
    public async Task Each_fault_of_the_files_has_its_own_words_and_leaves_nothing()
    {
        var file = await WriteAsync(new Rig());
        var other = await WriteAsync(new Rig { DumpBytes = CompressionTests.Text(90_000) });
        await RefusesAsync(1, "[file-", RightKey, file, "--meta", ObjectNames.MetadataOf(other));
        var bytes = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, bytes[..^1]);
        await RefusesAsync(1, "[file-truncated]", RightKey, file);
        await File.WriteAllTextAsync(ObjectNames.MetadataOf(file), "{}}");
        await RefusesAsync(1, "[metadata-garbage]", RightKey, file);
        File.Delete(ObjectNames.MetadataOf(file));
        await RefusesAsync(1, "[metadata-missing]", RightKey, file);
        await RefusesAsync(2, "no such file", RightKey, "absent.enc");
    }

    [Fact]
    public async Task An_output_that_is_there_is_left_as_it_is()
    {
        var file = await WriteAsync(new Rig());
        await File.WriteAllTextAsync(At("mine.sql"), "mine");
        var answer = await RecoverScript.RunAsync(folder.Path, RightKey, file, "--out", "mine.sql");
        answer.ExitCode.ShouldBe(2);
        (await File.ReadAllTextAsync(At("mine.sql"))).ShouldBe("mine");
    }

    [Theory]
    [InlineData("key.txt", "Keep this safe.\n\nVault master key: {0}\n")]
    [InlineData("key.html", "<p>Fingerprint 0123456789abcdef</p><p>Vault master key: <code>{0}</code></p>")]
    public async Task The_key_is_read_from_a_page_of_the_recovery_kit(string name, string text)
    {
        var file = await WriteAsync(new Rig());
        await File.WriteAllTextAsync(At(name), string.Format(System.Globalization.CultureInfo.InvariantCulture, text, Rig.Key.RevealHex()));
        var answer = await RecoverScript.RunAsync(folder.Path, [], file, "--key-file", name, "--verify");
        answer.ExitCode.ShouldBe(0, answer.Errors);
        answer.Errors.ShouldContain(Rig.Key.Fingerprint);
    }

    [Fact]
    public async Task A_folder_of_backups_is_listed_without_a_key()
    {
        var file = await WriteAsync(new Rig());
        var answer = await RecoverScript.RunAsync(folder.Path, [], "--list", folder.Path);
        answer.ExitCode.ShouldBe(0, answer.Errors);
        var line = System.Text.Encoding.UTF8.GetString(answer.Output);
        line.ShouldContain(Path.GetFileName(file));
        line.ShouldContain(Rig.Key.Fingerprint);
        line.ShouldContain("Nightly shop");
    }

    private async Task RefusesAsync(int exitCode, string word, Dictionary<string, string> environment, params string[] arguments)
    {
        var before = Files();
        var answer = await RecoverScript.RunAsync(folder.Path, environment, [.. arguments]);
        answer.Errors.ShouldContain(word);
        answer.ExitCode.ShouldBe(exitCode, answer.Errors);
        answer.Output.ShouldBeEmpty();
        Files().ShouldBe(before);
    }

    private string[] Files() => [.. Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Order()];

    private string At(string name) => folder.File(name);

    /// <summary>The backup and its metadata in a folder of their own.</summary>
    private async Task<string> WriteAsync(Rig rig)
    {
        var outcome = await rig.BackUpAsync();
        var inside = Directory.CreateDirectory(At(Guid.NewGuid().ToString("n")));
        foreach (var (name, bytes) in rig.Store.Objects)
        {
            await File.WriteAllBytesAsync(Path.Combine(inside.FullName, Path.GetFileName(name)), bytes);
        }

        return Path.Combine(inside.FullName, Path.GetFileName(outcome.ObjectName));
    }
}
