using System.Runtime.InteropServices;

namespace Vault.Core.Formats;

/// <summary>
/// zlib's inflate. .NET's <c>GZipStream</c> reads a gzip file that was cut, or that has foreign bytes behind its end, as if
/// it were whole; zlib says where each member ends. zlib1g stands on every Debian: dpkg and pg_dump need it.
/// </summary>
internal static partial class Zlib
{
    public const int Ok = 0;
    public const int StreamEnd = 1;
    public const int BufferError = -5;

    /// <summary>15 bits of window, and 16 for "with gzip header and trailer".</summary>
    public const int GzipWindowBits = 15 + 16;

    private const string Library = "libz.so.1";

    [LibraryImport(Library, EntryPoint = "inflateInit2_", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int InflateInit(nint stream, int windowBits, string version, int streamSize);

    [LibraryImport(Library, EntryPoint = "inflate")]
    public static partial int Inflate(InflateState stream, int flush);

    [LibraryImport(Library, EntryPoint = "inflateReset")]
    public static partial int InflateReset(InflateState stream);

    [LibraryImport(Library, EntryPoint = "inflateEnd")]
    public static partial int InflateEnd(nint stream);
}

/// <summary><c>z_stream</c> of zlib.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ZStream
{
    public nint NextIn;
    public uint AvailableIn;
    public nuint TotalIn;
    public nint NextOut;
    public uint AvailableOut;
    public nuint TotalOut;
    public nint Message;
    public nint State;
    public nint Allocate;
    public nint Free;
    public nint Opaque;
    public int DataType;
    public nuint Adler;
    public nuint Reserved;
}

/// <summary>A <c>z_stream</c> in native memory: zlib keeps a pointer back to it, so it must not move.</summary>
internal sealed unsafe class InflateState : SafeHandle
{
    public InflateState()
        : base(nint.Zero, ownsHandle: true)
    {
        SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(ZStream)));
        if (Zlib.InflateInit(handle, Zlib.GzipWindowBits, "1.2.0", sizeof(ZStream)) != Zlib.Ok)
        {
            throw new InvalidOperationException("zlib refused to start.");
        }
    }

    public override bool IsInvalid => handle == nint.Zero;

    public ref ZStream Stream => ref *(ZStream*)handle;

    protected override bool ReleaseHandle()
    {
        _ = Zlib.InflateEnd(handle);
        NativeMemory.Free((void*)handle);
        return true;
    }
}
