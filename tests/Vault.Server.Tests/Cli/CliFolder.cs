using System.Text;
using System.Text.Json.Nodes;
using Shouldly;
using Vault.Adapters;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Pipeline;
using Vault.Testing;

namespace Vault.Server.Tests.Cli;

/// <summary>A folder with backups that the pipeline itself wrote, and a folder for what comes out.</summary>
internal sealed class CliFolder : IDisposable
{
    private readonly TempFolder folder = new();
    private int made;

    public CliFolder() => Directory.CreateDirectory(OutFolder);

    public static readonly MasterKey Key = MasterKey.Generate();

    public static readonly string Hex = Key.RevealHex();

    public static readonly string OtherHex = MasterKey.Generate().RevealHex();

    public string BackupFolder => Directory.CreateDirectory(folder.File("backups")).FullName;

    public string OutFolder => folder.File("out");

    public string Out => Path.Combine(OutFolder, "dump");

    public IReadOnlyList<string> Left => [.. Directory.EnumerateFileSystemEntries(OutFolder).Select(path => Path.GetFileName(path))];

    public string File(string name) => folder.File(name);

    public static byte[] Text(int lines) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, lines).Select(i => $"INSERT INTO orders VALUES ({i}, 'note {i * 7919 % 1009}');\n")));

    /// <returns>The path of the backup.</returns>
    public Task<string> BackUpAsync(byte[] dump, CompressionMethod compression = CompressionMethod.Gzip, bool isEncrypted = true, MasterKey? key = null) =>
        BackUpAsync(new MemoryStream(dump), compression, isEncrypted, key);

    public async Task<string> BackUpAsync(Stream dump, CompressionMethod compression = CompressionMethod.Gzip, bool isEncrypted = true, MasterKey? key = null)
    {
        var facts = new DumpFacts(["shop"], "15.18", "pg_dump 15.18", new DumpFormat("plain", "Plain", "sql", ""), null);
        var content = new Dump(facts, dump, new NoProof(), () => Task.CompletedTask, () => ValueTask.CompletedTask);
        return await BackUpAsync(content, "postgresql", compression, isEncrypted, key);
    }

    /// <summary>How the backups are encrypted.</summary>
    public EncryptionFormat Format { get; init; } = EncryptionFormat.Sealed;

    /// <summary>Instead of the key.</summary>
    public string? Password { get; init; }

    public async Task<string> BackUpAsync(Dump dump, string engine, CompressionMethod compression = CompressionMethod.Gzip, bool isEncrypted = true, MasterKey? key = null)
    {
        await using var store = new StoreRegistry().Create("local", new SettingValues(new Dictionary<string, string> { ["folder"] = BackupFolder })).Value;
        using var password = Password is null ? null : Core.Keys.Password.From(Password);
        var plan = new BackupPlan(Guid.NewGuid(), Guid.NewGuid(), "Nightly", "Shop", engine, "before the move", "ann", compression, 1,
            isEncrypted && Password is null ? new BackupKey(Guid.NewGuid(), "Shop key", key ?? Key) : null) { Format = Format, Password = password };
        var startedAt = new DateTimeOffset(2026, 11, 21, 2, 0, made++, TimeSpan.Zero);
        await using (dump)
        {
            var outcome = await BackupPipeline.RunAsync(dump, plan, Guid.NewGuid(), startedAt, store, new RecordingLog(), TimeProvider.System, default);
            return Path.Combine(BackupFolder, outcome.ObjectName);
        }
    }

    public static async Task ChangeMetadataAsync(string backup, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(await System.IO.File.ReadAllTextAsync(backup + ".meta.json")).ShouldNotBeNull().AsObject();
        change(json);
        await System.IO.File.WriteAllTextAsync(backup + ".meta.json", json.ToJsonString());
    }

    public void Dispose() => folder.Dispose();

    private sealed class NoProof : IDumpProof
    {
        public IReadOnlyList<TableRows> Tables => [new("public.orders", 123)];

        public void Observe(ReadOnlySpan<byte> bytes) { }

        public Problem? Conclude() => null;

        public string Seen => "Nothing was looked for.";
    }
}
