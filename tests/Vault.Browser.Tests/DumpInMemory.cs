using System.Text;
using Vault.Adapters;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Pipeline;

namespace Vault.Browser.Tests;

/// <summary>Backups in a folder, made by the pipeline that Vault uses, from a dump without a database.</summary>
internal static class DumpInMemory
{
    public const string KeyHex = "00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f";

    public static byte[] Text(int size)
    {
        var text = new StringBuilder("-- PostgreSQL database dump\n");
        for (var row = 0; text.Length < size; row++)
            text.Append($"INSERT INTO orders VALUES ({row}, 'customer {row * 7919 % 1000}', {row * 31 % 977}.99);\n");
        return Encoding.ASCII.GetBytes(text.ToString(0, size));
    }

    /// <summary>The path of the backup; its metadata stands beside it.</summary>
    public static async Task<string> BackUpAsync(byte[] bytes, string folder, CompressionMethod compression, EncryptionFormat? format, Password? password = null)
    {
        using var key = MasterKey.ParseHex(KeyHex).Value;
        var isKeyUsed = format is not null && password is null;
        var plan = new BackupPlan(Guid.NewGuid(), Guid.NewGuid(), "Nightly shop", "Shop", "postgresql", "before the move", "ann", compression, 3, isKeyUsed ? new BackupKey(Guid.NewGuid(), "Shop key", key) : null)
        {
            Format = format ?? EncryptionFormat.Sealed,
            Password = password,
        };
        var store = new StoreRegistry().Create("local", new SettingValues(new Dictionary<string, string> { ["folder"] = folder })).Value;
        var facts = new DumpFacts(["shop"], "15.18", "pg_dump 15.18", new DumpFormat("plain", "Plain", "sql", ""), bytes.Length);
        var dump = new Dump(facts, new MemoryStream(bytes), new AlwaysWhole(), () => Task.CompletedTask, () => ValueTask.CompletedTask);
        var outcome = await BackupPipeline.RunAsync(dump, plan, Guid.NewGuid(), DateTimeOffset.UtcNow, store, new RecordingLog(), TimeProvider.System, default);
        return Path.Combine(folder, outcome.ObjectName);
    }

    private sealed class AlwaysWhole : IDumpProof
    {
        public IReadOnlyList<TableRows> Tables => [];

        public string Seen => "Its end was seen.";

        public void Observe(ReadOnlySpan<byte> bytes)
        {
        }

        public Problem? Conclude() => null;
    }
}
