using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>From authentic compressed bytes to the dump.</summary>
internal static class OpenedDump
{
    private const int SniffedSize = 512;

    /// <summary>Owns <paramref name="compressed"/>. A missing <c>dumpFormat</c> is filled in from the dump's first bytes.</summary>
    /// <param name="onMismatch">The dump is not the one that the metadata describes.</param>
    public static async Task<(Stream Dump, BackupMetadata Metadata)> UnpackAsync(Stream compressed, BackupMetadata metadata, Action onMismatch, CancellationToken cancel)
    {
        Stream dump = new CheckedStream(metadata.Compression.Decompress(compressed), metadata.Sizes?.Dump, metadata.Sha256?.Dump, onMismatch);
        try
        {
            if (metadata.DumpFormat is not null)
            {
                return (dump, metadata);
            }

            var (head, whole) = await PeekAsync(dump, SniffedSize, cancel);
            return (whole, metadata with { DumpFormat = DumpPrefix.FormatOf(head) });
        }
        catch
        {
            await dump.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first bytes, and a stream that still begins with them. Owns <paramref name="stream"/>, also when it throws.</summary>
    public static async Task<(byte[] Head, Stream Whole)> PeekAsync(Stream stream, int size, CancellationToken cancel)
    {
        try
        {
            var head = new byte[size];
            head = head[..await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancel)];
            return (head, new ReplayStream(head, stream));
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public static void SaySmartRecovery(IRunLog log, string profileName, bool isNamed)
    {
        if (!isNamed)
        {
            log.Write(LogLevel.Info, $"Smart Recovery Successful: Matched key from profile '{profileName}'");
        }
    }
}
