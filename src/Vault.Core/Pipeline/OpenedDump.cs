using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Metadata;

namespace Vault.Core.Pipeline;

/// <summary>A dump on its way out of a backup.</summary>
/// <param name="Content">The whole dump.</param>
/// <param name="Passed">What <paramref name="Content"/> is read through.</param>
internal sealed record UnpackedDump(Stream Content, CheckedStream Passed, BackupMetadata Metadata);

/// <summary>From authentic compressed bytes to the dump.</summary>
internal static class OpenedDump
{
    private const int SniffedSize = 512;

    /// <summary>Owns <paramref name="compressed"/>. A missing <c>dumpFormat</c> is filled in from the dump's first bytes.</summary>
    /// <param name="onMismatch">The dump is not the one that the metadata describes.</param>
    /// <param name="known">What others than the metadata know of the dump.</param>
    public static async Task<UnpackedDump> UnpackAsync(Stream compressed, BackupMetadata metadata, Action onMismatch, CancellationToken cancel, params IEnumerable<KnownStream> known)
    {
        var dump = new CheckedStream(metadata.Compression.Decompress(compressed), [new KnownStream(metadata.Sizes?.Dump, metadata.Sha256?.Dump, onMismatch), .. known]);
        try
        {
            if (metadata.DumpFormat is not null)
            {
                return new UnpackedDump(dump, dump, metadata);
            }

            var (head, whole) = await PeekAsync(dump, SniffedSize, cancel);
            return new UnpackedDump(whole, dump, metadata with { DumpFormat = DumpPrefix.FormatOf(head) });
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
