using System.Runtime.InteropServices;

namespace Vault.Core.Formats;

/// <summary>Facebook's zstd (RFC 8878); .NET 10 has none. On every Debian: dpkg and apt need it.</summary>
internal static partial class Zstd
{
    public const int Continue = 0;
    public const int End = 2;

    /// <summary>The largest window that is read, 2^27 bytes, which <c>zstd --long=27</c> writes: a hostile frame may not ask for more memory.</summary>
    public const int MaxWindowLog = 27;

    private const string Library = "libzstd.so.1";
    private const int CompressionLevel = 100;
    private const int ContentSizeFlag = 200;
    private const int ChecksumFlag = 201;
    private const int WindowLogMax = 100;
    private const int SessionOnly = 1;

    /// <summary>The first bytes of a frame (RFC 8878 §3.1.1).</summary>
    public static ReadOnlySpan<byte> Magic => [0x28, 0xb5, 0x2f, 0xfd];

    /// <exception cref="ProblemException">The library is not installed.</exception>
    public static void ThrowIfMissing(string library = Library)
    {
        if (!NativeLibrary.TryLoad(library, typeof(Zstd).Assembly, DllImportSearchPath.SafeDirectories, out _))
        {
            throw new ProblemException(
                "zstd-missing",
                $"The library {library} is not installed, so this machine can neither write nor read backups that are compressed with zstd.",
                "Install the package libzstd1 (Debian and Ubuntu: apt install libzstd1) and start again, or choose another compression in the job.");
        }
    }

    public static ZstdCompressContext CreateCompressContext(int level)
    {
        var context = new ZstdCompressContext();
        _ = Checked(SetParameter(context, CompressionLevel, level));
        _ = Checked(SetParameter(context, ContentSizeFlag, 1));
        _ = Checked(SetParameter(context, ChecksumFlag, 1));
        return context;
    }

    public static ZstdDecompressContext CreateDecompressContext()
    {
        var context = new ZstdDecompressContext();
        _ = Checked(SetParameter(context, WindowLogMax, MaxWindowLog));
        return context;
    }

    /// <summary>Forgets a frame that was not ended, and says how long the next one will be.</summary>
    public static void Begin(ZstdCompressContext context, int contentSize)
    {
        _ = Checked(Reset(context, SessionOnly));
        _ = Checked(SetPledgedSize(context, (ulong)contentSize));
    }

    /// <exception cref="InvalidDataException"><paramref name="code"/> is an error of the library's.</exception>
    public static nuint Checked(nuint code) => IsError(code) == 0
        ? code
        : throw new InvalidDataException($"zstd: {Marshal.PtrToStringUTF8(GetErrorName(code)) ?? "damaged data"}");

    [LibraryImport(Library, EntryPoint = "ZSTD_createCCtx")]
    public static partial nint NewCompressContext();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeCCtx")]
    public static partial nuint FreeCompressContext(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    public static partial nint NewDecompressContext();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    public static partial nuint FreeDecompressContext(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressStream2")]
    public static partial nuint Compress(ZstdCompressContext context, ref ZstdBuffer output, ref ZstdBuffer input, int directive);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressStream")]
    public static partial nuint Decompress(ZstdDecompressContext context, ref ZstdBuffer output, ref ZstdBuffer input);

    [LibraryImport(Library, EntryPoint = "ZSTD_compressBound")]
    public static partial nuint CompressBound(nuint size);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_setParameter")]
    private static partial nuint SetParameter(ZstdCompressContext context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_DCtx_setParameter")]
    private static partial nuint SetParameter(ZstdDecompressContext context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_setPledgedSrcSize")]
    private static partial nuint SetPledgedSize(ZstdCompressContext context, ulong size);

    [LibraryImport(Library, EntryPoint = "ZSTD_CCtx_reset")]
    private static partial nuint Reset(ZstdCompressContext context, int what);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint GetErrorName(nuint code);
}

/// <summary><c>ZSTD_inBuffer</c> and <c>ZSTD_outBuffer</c>, which look the same.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ZstdBuffer
{
    public nint Bytes;
    public nuint Size;
    public nuint Position;
}

/// <summary>A few MB of tables at the lower levels, 50 to 72 MB at 12 and above; used for one block at a time.</summary>
internal sealed class ZstdCompressContext : SafeHandle
{
    public ZstdCompressContext()
        : base(nint.Zero, ownsHandle: true) => SetHandle(Zstd.NewCompressContext());

    public override bool IsInvalid => handle == nint.Zero;

    protected override bool ReleaseHandle()
    {
        _ = Zstd.FreeCompressContext(handle);
        return true;
    }
}

internal sealed class ZstdDecompressContext : SafeHandle
{
    public ZstdDecompressContext()
        : base(nint.Zero, ownsHandle: true) => SetHandle(Zstd.NewDecompressContext());

    public override bool IsInvalid => handle == nint.Zero;

    protected override bool ReleaseHandle()
    {
        _ = Zstd.FreeDecompressContext(handle);
        return true;
    }
}
