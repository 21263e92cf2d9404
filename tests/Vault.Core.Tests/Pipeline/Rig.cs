using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Metadata;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;

namespace Vault.Core.Tests.Pipeline;

/// <summary>One backup from a dump in memory to a <see cref="MemoryStore"/>, with every seam open to a test.</summary>
internal sealed class Rig
{
    private static readonly Guid RunId = Guid.Parse("11111111-2222-7333-8444-abcdefabcdef");

    public static DateTimeOffset StartedAt { get; } = new(2026, 11, 21, 2, 0, 0, TimeSpan.Zero);

    public static Guid ProfileId { get; } = Guid.Parse("aaaaaaaa-0000-4000-8000-000000000001");

    public static MasterKey Key { get; } = MasterKey.ParseHex("00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f").Value;

    public MemoryStore Store { get; init; } = new();

    public ListLog Log { get; } = new();

    public byte[] DumpBytes { get; init; } = CompressionTests.Text(100_000);

    public Stream? Content { get; init; }

    public CompressionMethod Compression { get; init; } = CompressionMethod.Gzip;

    public int Level { get; init; } = 6;

    public bool IsEncrypted { get; init; } = true;

    public EncryptionFormat Format { get; init; } = EncryptionFormat.Standard;

    public Password? Password { get; init; }

    public string Extension { get; init; } = "sql";

    public string JobName { get; init; } = "Nightly shop";

    public long? EstimatedBytes { get; init; } = 100_000;

    public Problem? ProofProblem { get; init; }

    public Func<Task> Complete { get; init; } = () => Task.CompletedTask;

    public int Stopped { get; private set; }

    public long Observed { get; private set; }

    public Task<BackupOutcome> BackUpAsync(CancellationToken cancel = default)
    {
        var facts = new DumpFacts(["shop"], "15.18", "pg_dump 15.18", new DumpFormat("plain", "Plain", Extension, ""), EstimatedBytes);
        var dump = new Dump(facts, Content ?? new SlicedStream(DumpBytes, [65536]), new Proof(this), Complete, StopAsync);
        var key = IsEncrypted ? new BackupKey(ProfileId, "Shop key", Key) : null;
        var plan = new BackupPlan(Guid.NewGuid(), Guid.NewGuid(), JobName, "Shop", "postgresql", "before the move", "ann", Compression, Level, key) { Format = Format, Password = Password };
        return BackupPipeline.RunAsync(dump, plan, RunId, StartedAt, Store, Log, TimeProvider.System, cancel);
    }

    public static CandidateKey Candidate(string name, MasterKey key, Guid? id = null) =>
        new(id ?? Guid.NewGuid(), name, () => MasterKey.FromBytes(key.Bytes));

    public static CandidateKey RightCandidate => Candidate("Shop key", Key, ProfileId);

    /// <summary>The backup as a restore finds it in the store.</summary>
    public BackupFile Found(string objectName) => File(objectName, Store.Objects[objectName], BackupMetadata.Parse(Store.Objects[ObjectNames.MetadataOf(objectName)]).Value);

    public static BackupFile File(string name, byte[] bytes, BackupMetadata? metadata) =>
        new(name, metadata, (offset, _) => Task.FromResult(From(bytes, offset)), bytes.Length);

    public static Stream From(byte[] bytes, long offset) => new MemoryStream(bytes) { Position = offset };

    public static async Task<byte[]> ReadAsync(OpenedBackup opened)
    {
        using var output = new MemoryStream();
        await opened.Dump.CopyToAsync(output);
        return output.ToArray();
    }

    public static async Task<Problem> RefusedAsync(BackupFile file, params CandidateKey[] candidates)
    {
        try
        {
            await using var opened = await BackupOpener.OpenAsync(file, candidates, new ListLog(), default);
        }
        catch (ProblemException refused)
        {
            return refused.Problem;
        }

        throw new InvalidOperationException("The backup was opened and should not have been.");
    }

    private ValueTask StopAsync()
    {
        Stopped++;
        return ValueTask.CompletedTask;
    }

    private sealed class Proof(Rig rig) : IDumpProof
    {
        public IReadOnlyList<TableRows> Tables => [new TableRows("public.orders", 123)];

        public string Seen => "Its end was seen.";

        public void Observe(ReadOnlySpan<byte> bytes) => rig.Observed += bytes.Length;

        public Problem? Conclude() => rig.ProofProblem;
    }
}
