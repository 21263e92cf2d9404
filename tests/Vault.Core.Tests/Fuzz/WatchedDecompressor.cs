using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Vault.Core.Formats;
using Vault.Testing.Fuzz;

namespace Vault.Core.Tests.Fuzz;

/// <summary>Every step must take input or give output, or be one of a few that do neither; and zstd's own memory is its largest window at most.</summary>
internal sealed class WatchedDecompressor(IDecompressor inner) : IDecompressor
{
    private const int MaxIdleSteps = 100;
    private const long MaxZstdBytes = (1L << Zstd.MaxWindowLog) + (2 << 20);

    private int idleSteps;

    public DecompressStep Step(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var step = inner.Step(source, destination);
        idleSteps = step is { Consumed: 0, Written: 0 } ? idleSteps + 1 : 0;
        return idleSteps <= MaxIdleSteps ? step : throw new FuzzException("the decompressor stands still");
    }

    public void Dispose()
    {
        var bytes = inner is ZstdDecompressor zstd ? (long)SizeOf(ContextOf(zstd)) : 0;
        inner.Dispose();
        if (bytes > MaxZstdBytes)
        {
            throw new FuzzException($"zstd took {bytes:N0} bytes");
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "context")]
    private static extern ref ZstdDecompressContext ContextOf(ZstdDecompressor decompressor);

    [DllImport("libzstd.so.1", EntryPoint = "ZSTD_sizeof_DCtx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nuint SizeOf(ZstdDecompressContext context);
}
