using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Metadata;
using Vault.Core.Stores;

namespace Vault.Core.Pipeline;

/// <summary>dump → tap → compressor → encryptor → store, streaming; then proof, object, read-back and metadata, in this order (design §5).</summary>
public static class BackupPipeline
{
    /// <summary>Owns <paramref name="dump"/>. Whatever fails, neither an object nor a <c>.partial</c> stays behind.</summary>
    /// <exception cref="ProblemException">The first cause.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was asked for.</exception>
    public static async Task<BackupOutcome> RunAsync(Dump dump, BackupPlan plan, Guid runId, DateTimeOffset startedAt, IObjectStore store, IRunLog log, TimeProvider clock, CancellationToken cancel)
    {
        await using var running = new RunningDump(dump, log);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var killing = stop.Token.Register(running.Stop);
        try
        {
            return await new BackupRun(dump, plan, runId, startedAt, store, log, clock).RunAsync(stop);
        }
        catch (Exception cause) when (cancel.IsCancellationRequested && cause is not OperationCanceledException)
        {
            throw new OperationCanceledException("The backup was cancelled.", cause, cancel);
        }
    }
}

internal sealed class BackupRun(Dump dump, BackupPlan plan, Guid runId, DateTimeOffset startedAt, IObjectStore store, IRunLog log, TimeProvider clock)
{
    private readonly string objectName = ObjectNames.ForBackup(plan.JobName, startedAt, runId, dump.Facts.Format.Extension, plan.Compression, plan.IsEncrypted);

    public async Task<BackupOutcome> RunAsync(CancellationTokenSource stop)
    {
        stop.Token.ThrowIfCancellationRequested();
        RefuseTooLong();
        log.Phase("Dumping");
        var publisher = new Publisher(store, objectName, log, clock);
        await using var writer = new QuietWriter(await Stage.StoreAsync(() => store.CreateAsync(objectName, stop.Token), stop.Token), log);
        using var encryptor = plan.CreateEncryptor();
        var (dumped, stored) = await StreamAsync(writer.Content, encryptor, stop);
        log.Phase("Proving");
        await ProveAsync(dumped, stop.Token);
        log.Phase("Publishing");
        var metadata = Describe(dumped, stored, encryptor);
        await publisher.PublishAsync(writer, metadata, stored, encryptor, stop.Token);
        return new BackupOutcome(objectName, metadata, stored.StoredBytes);
    }

    private void RefuseTooLong()
    {
        if (plan is { Key: not null, Password: null, Format: EncryptionFormat.Standard } && dump.Facts.EstimatedSizeBytes is > StandardFormat.MaxEstimatedBytes and var estimated)
        {
            throw new ProblemException(StandardFormat.EstimatedTooLong(estimated));
        }
    }

    private async Task<(DumpedFacts Dumped, StoredFacts Stored)> StreamAsync(Stream content, IEncryptor encryptor, CancellationTokenSource stop)
    {
        // Two pools: what comes out is smaller, and the untouched end of its buffers never becomes memory.
        using var tap = new DumpTap(dump, new BlockPool(), new ProgressGate(log, clock, dump.Facts.EstimatedSizeBytes));
        await using var compressor = plan.Compression.CreateCompressor(new BlockPool(), plan.Level, stop.Token);
        using var sink = new StoreTap(content, encryptor);
        await new BlockLine(tap, compressor, sink).RunAsync(stop);
        var stored = await sink.FinishAsync(stop.Token);
        log.Progress(tap.SizeBytes, tap.SizeBytes);
        return (new DumpedFacts(tap.SizeBytes, tap.FinishSha256(), sink.BlockSizes), stored);
    }

    private async Task ProveAsync(DumpedFacts dumped, CancellationToken stop)
    {
        _ = await Stage.DumpAsync(async () => { await dump.CompleteAsync().WaitAsync(stop); return true; }, stop);
        if (dump.Proof.Conclude() is { } problem)
        {
            throw new ProblemException(problem);
        }

        if (dumped.SizeBytes == 0)
        {
            throw new ProblemException("dump-empty", "The dump tool ended without an error and wrote nothing, so no backup was made.", "Test the source; look at the lines above for what the tool said.");
        }

        log.Write(LogLevel.Info, $"The dump is whole: {dumped.SizeBytes} bytes, SHA-256 {dumped.Sha256}.");
    }

    private BackupMetadata Describe(DumpedFacts dumped, StoredFacts stored, IEncryptor encryptor) => new()
    {
        BackupId = plan.BackupId.ToString(),
        Job = new JobMetadata { Id = plan.JobId.ToString(), Name = plan.JobName },
        Source = new SourceMetadata { Name = plan.SourceName, Engine = plan.Engine, Databases = dump.Facts.Databases },
        EngineVersion = dump.Facts.EngineVersion,
        ToolVersion = dump.Facts.ToolVersion,
        DumpFormat = dump.Facts.Format.Id,
        StartedAt = startedAt.ToUniversalTime(),
        FinishedAt = clock.GetUtcNow(),
        Description = plan.Description,
        StartedBy = plan.StartedBy,
        Encryption = Describe(encryptor),
        Compression = plan.Compression,
        Sizes = new SizesMetadata { Dump = dumped.SizeBytes, Compressed = stored.CompressedBytes, Stored = stored.StoredBytes },
        Sha256 = new Sha256Metadata { Dump = dumped.Sha256, Stored = stored.Sha256 },
        Tables = dump.Proof.Tables,
        Index = BlockIndex.Make(plan.Compression, dumped, encryptor as SealedWriter),
    };

    private EncryptionMetadata Describe(IEncryptor encryptor) => encryptor.Format is not { } format ? new EncryptionMetadata { Enabled = false } : new EncryptionMetadata
    {
        Enabled = true,
        ProfileId = plan.Password is null ? plan.Key!.ProfileId.ToString() : null,
        ProfileName = plan.Password is null ? plan.Key!.ProfileName : null,
        KeyFingerprint = plan.Password is null ? plan.Key!.Key.Fingerprint : null,
        IsFromPassword = plan.Password is null ? null : true,
        Format = format.ToWord(),
        Algorithm = StandardFormat.Algorithm,
        Iv = Convert.ToHexStringLower(encryptor.Iv!),
        AuthTag = Convert.ToHexStringLower(encryptor.Tag!),
    };
}

/// <param name="BlockSizes">Compressed size of each block of the dump.</param>
internal sealed record DumpedFacts(long SizeBytes, string Sha256, IReadOnlyList<int> BlockSizes);
