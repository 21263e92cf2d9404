using System.Buffers.Binary;
using Vault.Adapters.Disk;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>
/// A custom dump, unpacked into a file without a name: the workers of pg_restore each open it and go to the table that they
/// restore. It is there only once the whole backup was read and found authentic.
/// </summary>
internal sealed class PgRestoreSpool : IDisposable
{
    private const string Effect = "nothing was restored, the target is as it was";
    private const int CopyBytes = 1024 * 1024;
    private const byte OffsetKnown = 2; // K_OFFSET_POS_SET
    private readonly UnnamedFile file;
    private readonly ArchiveProof proof = new();

    private PgRestoreSpool(UnnamedFile file) => this.file = file;

    public string Path => file.Path;

    public IReadOnlyList<ArchiveBlock> Blocks => proof.Blocks;

    /// <returns>Null, with the reason in the log: one connection restores from the stream, which is unread then.</returns>
    public static async Task<PgRestoreSpool?> FillAsync(RestoreRequest request, Stream dump, IRunLog log, CancellationToken cancel)
    {
        if (request.ParallelConnections <= 1) return null;
        if (ReasonAgainst(request) is { } reason)
        {
            log.Write(LogLevel.Warning, $"Restoring with 1 connection: {reason}.");
            return null;
        }

        if (Create(request.SpoolFolder!, log) is not { } file) return null;
        var spool = new PgRestoreSpool(file);
        try
        {
            log.Phase("Unpacking to disk");
            log.Write(LogLevel.Info, $"The unpacked dump, not encrypted, is in {request.SpoolFolder} in a file without a name until pg_restore has ended.");
            await spool.CopyAsync(dump, request, log, cancel);
            if (spool.proof.ConcludeRestore() is { } cut) throw new ProblemException(cut);
            await OnDiskAsync(request, spool.TellOffsetsAsync);
            return spool;
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    /// <summary>What stands against restoring in parallel, as a part of a sentence; null when nothing does.</summary>
    public static string? ReasonAgainst(RestoreRequest request)
    {
        if (request.Origin.Format != PgFormats.Custom.Id) return "only a dump of the format custom can be restored over several";
        if (request.SpoolFolder is not { } folder) return "this vault forbids unencrypted data on its disk";
        return request.Origin.SizeBytes is { } need && FreeBytes(folder) is { } free && free < need
            ? $"the unpacked dump needs {Megabytes(need)} in {folder}, and {Megabytes(free)} are free there"
            : null;
    }

    public void Dispose() => file.Dispose();

    private static UnnamedFile? Create(string folder, IRunLog log)
    {
        try
        {
            return UnnamedFile.Create(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.Write(LogLevel.Warning, $"Restoring with 1 connection: {folder} cannot hold the unpacked dump ({error.Message.TrimEnd('.')}).");
            return null;
        }
    }

    private async Task CopyAsync(Stream dump, RestoreRequest request, IRunLog log, CancellationToken cancel)
    {
        var buffer = new byte[CopyBytes];
        int read;
        while ((read = await dump.ReadAtLeastAsync(buffer, CopyBytes, throwOnEndOfStream: false, cancel)) > 0)
        {
            proof.Observe(buffer.AsSpan(0, read));
            await OnDiskAsync(request, () => file.AppendAsync(buffer.AsMemory(0, read), cancel));
            log.Progress(file.SizeBytes, request.Origin.SizeBytes);
        }
    }

    /// <summary>
    /// pg_dump leaves them open when it writes into a pipe. With them a worker goes straight to its table instead of reading through
    /// all that lies before it, and pg_restore begins with the largest table.
    /// </summary>
    private async Task TellOffsetsAsync()
    {
        var offset = new byte[1 + sizeof(long)];
        offset[0] = OffsetKnown;
        foreach (var block in proof.Blocks.Where(block => block.Entry.IsOffsetOpen))
        {
            BinaryPrimitives.WriteInt64LittleEndian(offset.AsSpan(1), block.At);
            await file.OverwriteAsync(block.Entry.OffsetAt, offset.AsMemory(0, 1 + proof.OffsetBytes));
        }
    }

    private static async Task OnDiskAsync(RestoreRequest request, Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (IOException error)
        {
            throw new ProblemException(WriteProblem(error, request.SpoolFolder!), error);
        }
    }

    private static Problem WriteProblem(IOException error, string folder) => error.HResult is Native.NoSpace or Native.QuotaExceeded
        ? new("spool-full", $"The disk of {folder} became full while the dump was unpacked to it; {Effect}.",
            "Restore with 1 connection, which needs no disk, or free space there or set VAULT_SPOOL to another folder.")
        : new("spool-failed", $"The unpacked dump could not be written to {folder} ({error.Message.TrimEnd('.')}); {Effect}.",
            "Restore with 1 connection, which needs no disk, or check that disk.");

    private static long? FreeBytes(string folder)
    {
        try
        {
            var existing = folder;
            while (!Directory.Exists(existing) && System.IO.Path.GetDirectoryName(existing) is { Length: > 0 } parent) existing = parent;
            return new DriveInfo(existing).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static string Megabytes(long bytes) => $"{Math.Max(1, bytes / 1_000_000)} MB";
}
