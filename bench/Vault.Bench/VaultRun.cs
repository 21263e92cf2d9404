using Vault.Adapters;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Stores;

namespace Vault.Bench;

/// <summary>
/// One backup or restore through the same engine, pipeline and store as the server's. <c>DATABASE_URL</c> names the server. Vault is a
/// server that runs for months, so what is measured comes after the same work was done a few times on a small database.
/// </summary>
internal static class VaultRun
{
    private const int WarmUps = 12;
    private const string Warm = "warm";

    private static readonly MasterKey Key = MasterKey.ParseHex(new string('a', 64)).Value;

    public static Task<int> BackUpAsync(string folder, string database, string format, string method, int level, string dumpFormat) =>
        MeasureAsync(
            () => DumpAsync(WarmOf(folder), Warm, format, method, level, dumpFormat),
            () => DumpAsync(folder, database, format, method, level, dumpFormat));

    public static Task<int> RestoreAsync(string folder, string database, int jobs) => MeasureAsync(
        () => FeedAsync(WarmOf(folder), $"{Warm}-{Guid.NewGuid():N}", jobs),
        () => FeedAsync(folder, database, jobs));

    private static string WarmOf(string folder) => $"{folder.TrimEnd('/')}-{Warm}";

    private static async Task<int> MeasureAsync(Func<Task> warmUp, Func<Task> work)
    {
        for (var round = 0; round < WarmUps; round++)
        {
            await warmUp();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true); // as the server does between runs
        }

        await Measured.HereAsync(work);
        return 0;
    }

    private static async Task DumpAsync(string folder, string database, string format, string method, int level, string dumpFormat)
    {
        Directory.CreateDirectory(folder);
        var engine = Engine();
        var settings = engine.ParseUrl($"{Url}/{database}").Value;
        await using var store = Store(folder);
        await using var dump = await engine.StartDumpAsync(new DumpRequest(settings, dumpFormat), new QuietLog(), default);
        var plan = new BackupPlan(Guid.NewGuid(), Guid.NewGuid(), "bench", "bench", "postgresql", null, "bench",
            CompressionMethods.Parse(method).Value, level, new BackupKey(Guid.NewGuid(), "bench", Key))
        { Format = EncryptionFormats.Parse(format) ?? throw new ArgumentException("sealed or standard", nameof(format)) };
        await BackupPipeline.RunAsync(dump, plan, Guid.CreateVersion7(), DateTimeOffset.UtcNow, store, new QuietLog(), TimeProvider.System, default);
    }

    private static async Task FeedAsync(string folder, string database, int jobs)
    {
        var engine = Engine();
        var settings = engine.ParseUrl($"{Url}/postgres").Value;
        await using var store = Store(folder);
        var found = await NewestAsync(store);
        await using var json = await store.OpenReadAsync(ObjectNames.MetadataOf(found.Name), 0, default);
        using var bytes = new MemoryStream();
        await json.CopyToAsync(bytes);
        var metadata = BackupMetadata.Parse(bytes.ToArray()).Value;
        var file = new BackupFile(found.Name, metadata, (offset, cancel) => store.OpenReadAsync(found.Name, offset, cancel), found.SizeBytes);
        var candidate = new CandidateKey(Guid.NewGuid(), "bench", () => MasterKey.FromBytes(Key.Bytes));
        await using var opened = await BackupOpener.OpenAsync(file, [candidate], new QuietLog(), default);
        var origin = new DumpOrigin("postgresql", metadata.EngineVersion, metadata.ToolVersion, metadata.DumpFormat!, metadata.Source?.Databases is [var only, ..] ? only : null, metadata.Sizes?.Dump);
        var request = new RestoreRequest(Guid.CreateVersion7(), settings, database, origin) { ParallelConnections = jobs, SpoolFolder = jobs > 1 ? Path.GetTempPath() : null };
        await engine.RestoreAsync(request, opened.Dump, new QuietLog(), default);
    }

    private static string Url => Environment.GetEnvironmentVariable("DATABASE_URL") ?? throw new InvalidOperationException("Set DATABASE_URL.");

    private static IDatabaseEngine Engine() => EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!;

    private static IObjectStore Store(string folder) => new StoreRegistry().Create("local", new SettingValues(new Dictionary<string, string> { ["folder"] = folder })).Value;

    private static async Task<StoredObject> NewestAsync(IObjectStore store)
    {
        StoredObject? newest = null;
        await foreach (var item in store.ListAsync(default))
        {
            newest = ObjectNames.IsMetadata(item.Name) || item.ModifiedAt < newest?.ModifiedAt ? newest : item;
        }

        return newest ?? throw new InvalidOperationException("There is no backup in the folder.");
    }

    private sealed class QuietLog : IRunLog
    {
        public void Phase(string name)
        {
            if (Environment.GetEnvironmentVariable("VAULT_BENCH_PHASES") is not null)
            {
                Console.Error.WriteLine($"{Environment.TickCount64 % 1_000_000} ms  {name}");
            }
        }

        public void Progress(long doneBytes, long? totalBytes) { }

        public void Write(LogLevel level, string text)
        {
            if (level >= LogLevel.Warning)
            {
                Console.Error.WriteLine(text);
            }
        }
    }
}
