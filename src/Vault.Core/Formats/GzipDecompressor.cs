using System.Runtime.InteropServices;

namespace Vault.Core.Formats;

/// <summary>Any number of gzip members, one behind the other (RFC 1952 §2.2).</summary>
internal sealed class GzipDecompressor : IDecompressor
{
    private readonly InflateState state = new();
    private bool isMemberOver;

    public unsafe DecompressStep Step(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (isMemberOver && source.IsEmpty)
        {
            return new DecompressStep(0, 0, IsAtEnd: true);
        }

        if (isMemberOver)
        {
            _ = Zlib.InflateReset(state);
            isMemberOver = false;
        }

        fixed (byte* input = source)
        fixed (byte* output = destination)
        {
            ref var stream = ref state.Stream;
            (stream.NextIn, stream.AvailableIn) = ((nint)input, (uint)source.Length);
            (stream.NextOut, stream.AvailableOut) = ((nint)output, (uint)destination.Length);
            var status = Zlib.Inflate(state, flush: 0);
            if (status is not (Zlib.Ok or Zlib.StreamEnd or Zlib.BufferError))
            {
                throw new InvalidDataException($"zlib: {Marshal.PtrToStringUTF8(stream.Message) ?? "damaged data"}");
            }

            isMemberOver = status == Zlib.StreamEnd;
            return new DecompressStep(source.Length - (int)stream.AvailableIn, destination.Length - (int)stream.AvailableOut, isMemberOver);
        }
    }

    public void Dispose() => state.Dispose();
}
