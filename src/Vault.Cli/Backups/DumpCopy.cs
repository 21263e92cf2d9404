using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Cli.Backups;

/// <summary>Reads a dump to its end, where it says whether it is the right one.</summary>
internal static class DumpCopy
{
    private const int PieceBytes = 1 << 20;

    public static async Task<(long Bytes, string Sha256)> RunAsync(
        Stream dump, Func<ReadOnlyMemory<byte>, CancellationToken, Task> write, long? totalBytes, IRunLog log, CancellationToken cancel)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = GC.AllocateUninitializedArray<byte>(PieceBytes);
        long bytes = 0;
        int read;
        while ((read = await dump.ReadAsync(buffer, cancel)) > 0)
        {
            sha256.AppendData(buffer.AsSpan(0, read));
            await write(buffer.AsMemory(0, read), cancel);
            log.Progress(bytes += read, totalBytes);
        }

        return (bytes, Convert.ToHexStringLower(sha256.GetHashAndReset()));
    }
}

/// <summary>Standard output as a file: the console's own stream hides that the reader of a pipe has gone.</summary>
internal sealed class PipeOut : IAsyncDisposable
{
    private readonly FileStream file = new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        try
        {
            await file.WriteAsync(bytes, cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("out-failed", $"Standard output took no more ({error.Message.TrimEnd('.')}), so the dump is not whole.", "Look at the program that reads it, and at its disk.", error);
        }
    }

    public ValueTask DisposeAsync()
    {
        // Asking for the handle moves the file's own position behind what was written: who writes next must not overwrite it.
        _ = file.SafeFileHandle;
        return file.DisposeAsync();
    }
}
