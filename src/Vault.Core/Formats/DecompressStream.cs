namespace Vault.Core.Formats;

/// <summary>One step of a decompressor over a piece of input.</summary>
/// <param name="IsAtEnd">The compressed data may end here: a whole stream, or a whole gzip member.</param>
internal readonly record struct DecompressStep(int Consumed, int Written, bool IsAtEnd);

/// <summary>A decompressor that finds every damage: cut data, bytes behind the end, broken checksums.</summary>
internal interface IDecompressor : IDisposable
{
    /// <exception cref="InvalidDataException">The input is damaged.</exception>
    DecompressStep Step(ReadOnlySpan<byte> source, Span<byte> destination);
}

internal sealed class DecompressStream(Stream compressed, IDecompressor decompressor) : ReadOnlyStream
{
    private readonly byte[] input = GC.AllocateUninitializedArray<byte>(1 << 17);
    private int start;
    private int end;
    private bool isInputOver;
    private bool mayEnd;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            if (start == end && !isInputOver)
            {
                await FillAsync(cancellationToken);
            }

            if (isInputOver && mayEnd && start == end)
            {
                return 0;
            }

            if (Step(buffer.Span) is > 0 and var written)
            {
                return written;
            }
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            decompressor.Dispose();
            compressed.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task FillAsync(CancellationToken cancel)
    {
        start = 0;
        end = await compressed.ReadAsync(input, cancel);
        isInputOver = end == 0;
    }

    private int Step(Span<byte> destination)
    {
        try
        {
            var step = decompressor.Step(input.AsSpan(start, end - start), destination);
            start += step.Consumed;
            mayEnd = step.IsAtEnd;
            return step.Written > 0 || step.Consumed > 0 || mayEnd || !isInputOver
                ? step.Written
                : throw new InvalidDataException("The compressed data was cut.");
        }
        catch (InvalidDataException cause)
        {
            throw new ProblemException(
                "compression-damaged",
                "The compressed data in this backup is damaged or cut, so the dump cannot be read to its end; nothing of it may be kept.",
                "Restore another backup; the file is not what Vault wrote, or was damaged before it was stored.",
                cause);
        }
    }
}
