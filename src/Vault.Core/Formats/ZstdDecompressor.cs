namespace Vault.Core.Formats;

/// <summary>Any number of zstd frames, one behind the other (RFC 8878 §3.1); no skippable frames, no dictionaries.</summary>
internal sealed class ZstdDecompressor : IDecompressor
{
    private const int DictionaryFlag = 0x03;

    private readonly ZstdDecompressContext context = Zstd.CreateDecompressContext();

    /// <summary>How many bytes of the frame's magic and descriptor were seen; the library itself would skip foreign frames in silence.</summary>
    private int seen;
    private bool isFrameOver;

    public unsafe DecompressStep Step(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (isFrameOver && source.IsEmpty)
        {
            return new DecompressStep(0, 0, IsAtEnd: true);
        }

        if (isFrameOver)
        {
            (isFrameOver, seen) = (false, 0);
        }

        ThrowIfForeign(source);
        fixed (byte* from = source)
        fixed (byte* to = destination)
        {
            var input = new ZstdBuffer { Bytes = (nint)from, Size = (nuint)source.Length };
            var output = new ZstdBuffer { Bytes = (nint)to, Size = (nuint)destination.Length };
            isFrameOver = Zstd.Checked(Zstd.Decompress(context, ref output, ref input)) == 0;
            return new DecompressStep((int)input.Position, (int)output.Position, isFrameOver);
        }
    }

    public void Dispose() => context.Dispose();

    private void ThrowIfForeign(ReadOnlySpan<byte> source)
    {
        foreach (var value in source[..Math.Min(source.Length, Zstd.Magic.Length + 1 - seen)])
        {
            var isRight = seen < Zstd.Magic.Length ? value == Zstd.Magic[seen] : (value & DictionaryFlag) == 0;
            seen += isRight ? 1 : throw new InvalidDataException("No zstd frame begins here, or one that needs a dictionary.");
        }
    }
}
