using System.Security.Cryptography;
using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Metadata;
using Vault.Core.Stores;

namespace Vault.Core.Pipeline;

/// <summary>Object durable → read back → metadata durable → read back. When a step fails, all of it is taken back.</summary>
internal sealed class Publisher(IObjectStore store, string objectName, IRunLog log, TimeProvider clock)
{
    /// <summary>A store says with this code that the name belongs to somebody else's object, which must stay.</summary>
    private const string NameTaken = "object-exists";

    private static readonly TimeSpan UndoTime = TimeSpan.FromSeconds(30);

    private readonly string metadataName = ObjectNames.MetadataOf(objectName);

    public async Task PublishAsync(QuietWriter writer, BackupMetadata metadata, StoredFacts facts, IEncryptor encryptor, CancellationToken cancel)
    {
        try
        {
            await Stage.StoreAsync(() => writer.CommitAsync(cancel), cancel);
        }
        catch (Exception cause) when (cause is not ProblemException { Problem.Code: NameTaken })
        {
            // A commit that failed may have made the object visible all the same.
            await UndoAsync();
            throw;
        }

        try
        {
            await ReadBackAsync(facts, encryptor, cancel);
            await WriteMetadataAsync(metadata.ToJson(), cancel);
        }
        catch
        {
            await UndoAsync();
            throw;
        }
    }

    private async Task ReadBackAsync(StoredFacts facts, IEncryptor encryptor, CancellationToken cancel)
    {
        // Tags under a key that only Vault holds prove more than a checksum would, and took the same look at every byte.
        using var sha256 = encryptor.Format is null ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        var progress = new ProgressGate(log, clock, facts.StoredBytes);
        var size = 0L;
        await using var stored = await Stage.StoreAsync(() => store.OpenReadAsync(objectName, cancel), cancel);
        var isRight = await Stage.StoreAsync(() => encryptor.IsRightAsync(stored, Observe, cancel), cancel);
        if (!isRight || size != facts.StoredBytes || (sha256 is not null && Convert.ToHexStringLower(sha256.GetHashAndReset()) != facts.Sha256))
        {
            throw new ProblemException("read-back-mismatch", "The destination gave back other bytes than were written, so this backup could not be opened and was not kept.", "Do not trust this destination before its disk and connection were checked.");
        }

        log.Write(LogLevel.Info, $"Read back {size} bytes from the destination: they are what was written.");

        void Observe(ReadOnlyMemory<byte> piece)
        {
            sha256?.AppendData(piece.Span);
            size += piece.Length;
            progress.Report(size);
        }
    }

    private async Task WriteMetadataAsync(byte[] json, CancellationToken cancel)
    {
        await using (var writer = new QuietWriter(await Stage.StoreAsync(() => store.CreateAsync(metadataName, cancel), cancel), log))
        {
            await Stage.StoreAsync(async () => await writer.Content.WriteAsync(json, cancel), cancel);
            await Stage.StoreAsync(() => writer.Content.FlushAsync(cancel), cancel);
            await Stage.StoreAsync(() => writer.CommitAsync(cancel), cancel);
        }

        await using var stored = await Stage.StoreAsync(() => store.OpenReadAsync(metadataName, cancel), cancel);
        var found = new byte[json.Length + 1];
        var length = await Stage.StoreAsync(async () => await stored.ReadAtLeastAsync(found, found.Length, throwOnEndOfStream: false, cancel), cancel);
        if (!found.AsSpan(0, length).SequenceEqual(json))
        {
            throw new ProblemException("read-back-mismatch", "The destination gave back other metadata than was written, so this backup could not be opened and was not kept.", "Do not trust this destination before its disk and connection were checked.");
        }
    }

    /// <summary>Metadata first: its presence says that the object is whole.</summary>
    private async Task UndoAsync()
    {
        using var time = new CancellationTokenSource(UndoTime, clock);
        try
        {
            await store.DeleteAsync(metadataName, time.Token);
            await store.DeleteAsync(objectName, time.Token);
        }
        catch (Exception cause)
        {
            log.Write(LogLevel.Error, $"Taking the unfinished backup {objectName} back failed too ({cause.GetType().Name}); delete it and its .meta.json by hand.");
        }
    }
}
