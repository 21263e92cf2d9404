using Vault.Testing.Fuzz;

namespace Vault.Core.Tests.Fuzz;

/// <summary>What a reader let out, held against what it may let out. No more is read than a hostile file may cost.</summary>
/// <param name="truths">The bytes must begin one of these; none: any bytes are allowed.</param>
internal sealed class Released(params byte[][] truths)
{
    private const long MaxBytes = 8 << 20;

    private static readonly byte[] Buffer = new byte[1 << 16];

    private readonly List<byte[]> possible = [.. truths];

    public long Count { get; private set; }

    /// <summary>What has a problem of its own has its code as word; a whole read is "read".</summary>
    public string Read(Func<Task<Stream>> open)
    {
        try
        {
            using var stream = Now(open());
            int read;
            while (Count < MaxBytes && (read = Now(stream.ReadAsync(Buffer).AsTask())) > 0)
            {
                Take(Buffer.AsSpan(0, read));
            }

            return Count < MaxBytes ? "read" : "enough";
        }
        catch (ProblemException refused)
        {
            return Refusals.Word(refused);
        }
    }

    public bool IsWhole(byte[] truth) => Count == truth.Length;

    /// <summary>Nothing here waits for anything; on one thread its memory can be counted.</summary>
    public static T Now<T>(Task<T> done) => done.IsCompleted ? done.GetAwaiter().GetResult() : throw new FuzzException("it waits for something");

    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (truths.Length > 0)
        {
            for (var i = possible.Count - 1; i >= 0; i--)
            {
                if (Count + bytes.Length > possible[i].Length || !bytes.SequenceEqual(possible[i].AsSpan((int)Count, bytes.Length)))
                {
                    possible.RemoveAt(i);
                }
            }

            if (possible.Count == 0)
            {
                throw new FuzzException($"it released bytes that were never backed up, from byte {Count} on");
            }
        }

        Count += bytes.Length;
    }
}

/// <summary>The formats' own problems; every other one, and every other exception, is a finding.</summary>
internal static class Refusals
{
    private static readonly HashSet<string> Own =
    [
        "file-truncated", "file-too-long", "tag-mismatch", "seal-header", "wrong-key", "no-key-matches", "password-needed", "wrong-password",
        "metadata-missing", "metadata-garbage", "metadata-version", "metadata-iv-malformed", "metadata-iv-length", "metadata-tag-malformed", "metadata-tag-length",
        "format-unknown", "algorithm-unknown", "compression-unknown", "compression-damaged", "hash-mismatch", "dump-mismatch", "dump-incomplete", "rows-mismatch",
        "backup-exchanged", "nothing-to-compare",
    ];

    public static string Word(ProblemException refused) => Own.Contains(refused.Problem.Code) && refused.InnerException is null or InvalidDataException
        ? refused.Problem.Code
        : throw new FuzzException($"no problem of the formats' own: {refused}");

    public static string Word(Problem refused) => Word(new ProblemException(refused));
}
