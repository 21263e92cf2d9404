using System.Diagnostics;
using System.Text.Json;
using Shouldly;
using Vault.Core.Formats;
using Vault.Core.Pipeline;
using Vault.Server.Tests.Faults;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Cli;

/// <summary><c>vaultctl decrypt</c>, the real program on real files.</summary>
public sealed class DecryptTests : IDisposable
{
    private static readonly byte[] Dump = CliFolder.Text(20_000);
    private readonly CliFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<EncryptionFormat, CompressionMethod> Kinds() =>
        [.. from format in Enum.GetValues<EncryptionFormat>() from compression in Enum.GetValues<CompressionMethod>() select (format, compression)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_dump_comes_out_as_it_went_in_and_only_its_owner_may_read_it(EncryptionFormat format, CompressionMethod compression)
    {
        using var folder = new CliFolder { Format = format };
        var backup = await folder.BackUpAsync(Dump, compression);
        var ended = await Ctl.RunAsync(CliFolder.Hex, "decrypt", backup, "--out", folder.Out);
        ended.ExitCode.ShouldBe(0, ended.Error);
        ended.Output.ShouldBe($"Wrote {Dump.Length} bytes to {folder.Out}.\n");
        ended.Error.ShouldNotContain("Smart Recovery", customMessage: "one key is no search");
        (await File.ReadAllBytesAsync(folder.Out)).ShouldBe(Dump);
        File.GetUnixFileMode(folder.Out).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        folder.Left.ShouldBe(["dump"]);
    }

    public static TheoryData<EncryptionFormat, string, int, string> Wrongs() =>
        [.. Wrong.Select(one => (EncryptionFormat.Standard, one.What, one.ExitCode, one.Words)), .. WrongSealed.Select(one => (EncryptionFormat.Sealed, one.What, one.ExitCode, one.Words))];

    private static readonly (string What, int ExitCode, string Words)[] WrongSealed =
    [
        ("wrong key", 3, "does not open this backup"),
        ("no key", 3, "no key here"),
        ("cut file", 4, "damaged, changed or cut"),
        ("cut in its header", 4, "cut within its header"),
        ("flipped bit", 4, "damaged, changed or cut"),
        ("flipped header", 4, "header of the file was damaged"),
        ("longer file", 4, "damaged, changed or cut"),
    ];

    private static readonly (string What, int ExitCode, string Words)[] Wrong =
    [
        ("wrong key", 3, "does not open this backup"),
        ("no key", 3, "no key here"),
        ("half a key", 3, "64 hexadecimal"),
        ("cut file", 4, "was cut"),
        ("flipped bit", 4, "damaged or changed"),
        ("flipped tag", 4, "damaged or changed"),
        ("longer file", 4, "something was added"),
        ("missing metadata", 5, ".meta.json is missing"),
        ("garbage metadata", 5, "cannot be read"),
        ("short tag", 5, "exactly 16"),
        ("missing file", 5, "There is no file"),
        ("missing key file", 5, "key file"),
        ("empty key file", 3, "no master key in"),
        ("missing folder", 7, "There is no folder"),
        ("out is a folder", 6, "is a folder"),
        ("out is the backup", 6, "is the backup itself"),
    ];

    [Theory]
    [MemberData(nameof(Wrongs))]
    public async Task When_anything_is_wrong_it_says_so_and_there_is_no_file(EncryptionFormat format, string wrong, int exitCode, string words)
    {
        using var folder = new CliFolder { Format = format };
        var backup = await folder.BackUpAsync(Dump);
        var (outPath, key, keyFile) = await SpoilAsync(folder, wrong, backup);
        var before = await File.ReadAllBytesAsync(wrong == "missing file" ? backup + ".meta.json" : backup);
        var ended = await Ctl.RunAsync(["decrypt", backup, "--out", outPath, "--force", .. keyFile], ("VAULT_KEY", key));
        ended.ExitCode.ShouldBe(exitCode, ended.Error);
        ended.Error.ShouldContain(words);
        ended.Output.ShouldBeEmpty();
        ended.Error.ShouldNotContain("Exception");
        folder.Left.ShouldBeEmpty();
        (await File.ReadAllBytesAsync(wrong == "missing file" ? backup + ".meta.json" : backup)).ShouldBe(before);
    }

    [Fact]
    public async Task A_file_that_exists_is_left_alone_until_it_is_forced_and_then_until_all_is_right()
    {
        var backup = await folder.BackUpAsync(Dump);
        await File.WriteAllTextAsync(folder.Out, "mine");
        var refused = await Ctl.RunAsync(CliFolder.Hex, "decrypt", backup, "--out", folder.Out);
        refused.ExitCode.ShouldBe(6);
        refused.Error.ShouldContain("--force");
        (await Ctl.RunAsync(CliFolder.OtherHex, "decrypt", backup, "--out", folder.Out, "--force")).ExitCode.ShouldBe(3);
        (await File.ReadAllTextAsync(folder.Out)).ShouldBe("mine");
        (await Ctl.RunAsync(CliFolder.Hex, "decrypt", backup, "--out", folder.Out, "--force")).ExitCode.ShouldBe(0);
        (await File.ReadAllBytesAsync(folder.Out)).ShouldBe(Dump);
        folder.Left.ShouldBe(["dump"]);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("garbage")]
    [InlineData("of another backup")]
    public async Task A_sealed_file_opens_with_its_key_alone(string metadata)
    {
        var (backup, other) = (await folder.BackUpAsync(Dump), await folder.BackUpAsync(CliFolder.Text(10), CompressionMethod.Brotli));
        if (metadata == "missing") File.Delete(backup + ".meta.json");
        if (metadata == "garbage") await File.WriteAllTextAsync(backup + ".meta.json", "{");
        if (metadata == "of another backup") File.Copy(other + ".meta.json", backup + ".meta.json", overwrite: true);
        var ended = await Ctl.RunAsync(CliFolder.Hex, "decrypt", backup, "--out", folder.Out);
        ended.ExitCode.ShouldBe(0, ended.Error);
        ended.Error.ShouldContain("Warning: The metadata");
        (await File.ReadAllBytesAsync(folder.Out)).ShouldBe(Dump);
    }

    [Fact]
    public async Task A_full_disk_keeps_nothing()
    {
        var backup = await folder.BackUpAsync(CliFolder.Text(100_000));
        await using var disk = await Disk.MountAsync(folder.OutFolder, "size=1m");
        var ended = await Ctl.RunAsync(CliFolder.Hex, "decrypt", backup, "--out", folder.Out);
        ended.ExitCode.ShouldBe(7);
        ended.Error.ShouldContain("is full");
        folder.Left.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_disk_that_may_not_be_written_is_named()
    {
        var backup = await folder.BackUpAsync(Dump);
        await using var disk = await Disk.MountAsync(folder.OutFolder, "ro");
        var ended = await Ctl.RunAsync(CliFolder.Hex, "decrypt", backup, "--out", folder.Out);
        ended.ExitCode.ShouldBe(7);
        ended.Error.ShouldContain(folder.Out);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_in_the_middle_leaves_nothing(string signal)
    {
        var backup = await folder.BackUpAsync(new Zeros(600_000_000));
        using var running = Ctl.Start(["decrypt", backup, "--out", folder.Out], ("VAULT_KEY", CliFolder.Hex));
        await Eventually.TrueAsync(() => Directory.EnumerateFiles(folder.OutFolder).Any(path => new FileInfo(path).Length > 1_000_000), "the dump is being written");
        using (var kill = Process.Start("kill", [$"-{signal}", running.Id.ToString()])) await kill.WaitForExitAsync();
        var (output, error) = (await running.StandardOutput.ReadToEndAsync(), await running.StandardError.ReadToEndAsync());
        await running.WaitForExitAsync();
        running.ExitCode.ShouldBe(130, error);
        error.ShouldContain("cancelled");
        output.ShouldBeEmpty();
        folder.Left.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pipe_gets_the_dump_and_nothing_else()
    {
        var backup = await folder.BackUpAsync(Dump);
        var ended = await Ctl.RunAsync(CliFolder.Hex, "decrypt", backup, "--out", "-");
        ended.ExitCode.ShouldBe(0, ended.Error);
        ended.Output.ShouldBe(System.Text.Encoding.UTF8.GetString(Dump));
        ended.Error.ShouldContain($"{Dump.Length} bytes");
        (await Ctl.RunAsync(CliFolder.Hex, "decrypt", backup, "--out", "-", "--json")).ExitCode.ShouldBe(2);
        (await Ctl.RunAsync(CliFolder.OtherHex, "decrypt", backup, "--out", "-")).ShouldSatisfyAllConditions(e => e.ExitCode.ShouldBe(3), e => e.Output.ShouldBeEmpty());
    }

    [Fact]
    public async Task A_reader_of_the_pipe_that_goes_away_is_no_success()
    {
        var backup = await folder.BackUpAsync(CliFolder.Text(200_000));
        var script = $"dotnet '{Ctl.Program}' decrypt '{backup}' --out - | head -c 10; exit ${{PIPESTATUS[0]}}";
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["VAULT_KEY"] = CliFolder.Hex;
        using var shell = Process.Start(start)!;
        (await shell.StandardError.ReadToEndAsync()).ShouldContain("not whole");
        await shell.WaitForExitAsync();
        shell.ExitCode.ShouldBe(7);
    }

    [Fact]
    public async Task Json_says_what_was_done_and_what_was_wrong()
    {
        var backup = await folder.BackUpAsync(Dump);
        var done = JsonDocument.Parse((await Ctl.RunAsync(CliFolder.Hex, "decrypt", backup, "--out", folder.Out, "--json")).Output).RootElement;
        done.GetProperty("out").GetString().ShouldBe(folder.Out);
        done.GetProperty("bytes").GetInt64().ShouldBe(Dump.Length);
        done.GetProperty("sha256").GetString().ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Dump)));
        var refused = await Ctl.RunAsync(CliFolder.OtherHex, "decrypt", backup, "--out", folder.Out, "--force", "--json");
        var problem = JsonDocument.Parse(refused.Output).RootElement;
        problem.GetProperty("problem").GetProperty("code").GetString().ShouldBe("wrong-key");
        problem.GetProperty("exitCode").GetInt32().ShouldBe(refused.ExitCode);
    }

    [Fact]
    public async Task A_backup_without_encryption_needs_no_key_and_takes_none()
    {
        var backup = await folder.BackUpAsync(Dump, isEncrypted: false);
        var refused = await Ctl.RunAsync(CliFolder.Hex, "decrypt", backup, "--out", folder.Out);
        refused.ExitCode.ShouldBe(3);
        refused.Error.ShouldContain("nothing proves who wrote it");
        (await Ctl.RunAsync(["decrypt", backup, "--out", folder.Out])).ExitCode.ShouldBe(0);
        (await File.ReadAllBytesAsync(folder.Out)).ShouldBe(Dump);
    }

    private static async Task<(string Out, string? Key, string[] KeyFile)> SpoilAsync(CliFolder folder, string wrong, string backup)
    {
        var bytes = await File.ReadAllBytesAsync(backup);
        switch (wrong)
        {
            case "cut file": await File.WriteAllBytesAsync(backup, bytes[..^1]); break;
            case "cut in its header": await File.WriteAllBytesAsync(backup, bytes[..50]); break;
            case "flipped header": bytes[14] ^= 1; await File.WriteAllBytesAsync(backup, bytes); break;
            case "flipped bit": bytes[bytes.Length / 2] ^= 1; await File.WriteAllBytesAsync(backup, bytes); break;
            case "flipped tag": await CliFolder.ChangeMetadataAsync(backup, meta => meta["encryption"]!["authTag"] = new string('0', 32)); break;
            case "short tag": await CliFolder.ChangeMetadataAsync(backup, meta => meta["encryption"]!["authTag"] = "00112233"); break;
            case "longer file": await File.WriteAllBytesAsync(backup, [.. bytes, 0]); break;
            case "missing metadata": File.Delete(backup + ".meta.json"); break;
            case "garbage metadata": await File.WriteAllTextAsync(backup + ".meta.json", "{"); break;
            case "missing file": File.Delete(backup); break;
            case "empty key file": await File.WriteAllTextAsync(folder.File("keys"), "nothing\n"); break;
        }

        var key = wrong switch { "wrong key" => CliFolder.OtherHex, "no key" => null, "half a key" => CliFolder.Hex[..32], _ => CliFolder.Hex };
        var outPath = wrong switch { "missing folder" => folder.File("no/such/dump"), "out is a folder" => folder.OutFolder, "out is the backup" => backup, _ => folder.Out };
        return (outPath, key, wrong is "missing key file" or "empty key file" ? ["--key-file", folder.File("keys")] : []);
    }

    /// <summary>A dump that is large unpacked and small packed.</summary>
    private sealed class Zeros(long length) : Stream
    {
        private long left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(left, count);
            Array.Clear(buffer, offset, read);
            left -= read;
            return read;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
