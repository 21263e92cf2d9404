using System.Buffers;
using System.IO.Compression;

namespace Vault.Core.Formats;

/// <summary>Exactly one brotli stream (RFC 7932); nothing may follow it.</summary>
internal sealed class BrotliDecompressor : IDecompressor
{
    private BrotliDecoder decoder;
    private bool isOver;

    public DecompressStep Step(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (isOver)
        {
            return source.IsEmpty ? new DecompressStep(0, 0, IsAtEnd: true) : throw new InvalidDataException("Bytes behind the end.");
        }

        var status = decoder.Decompress(source, destination, out var consumed, out var written);
        isOver = status == OperationStatus.Done;
        return status == OperationStatus.InvalidData
            ? throw new InvalidDataException("Damaged brotli data.")
            : new DecompressStep(consumed, written, isOver);
    }

    public void Dispose() => decoder.Dispose();
}
