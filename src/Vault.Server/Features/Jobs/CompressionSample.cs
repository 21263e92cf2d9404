using System.Text;

namespace Vault.Server.Features.Jobs;

/// <summary>Rows as a dump of a shop holds them: numbers, instants, random words of a made-up language, some of which are frequent.</summary>
internal static class CompressionSample
{
    /// <summary>Two blocks, and more than brotli's window.</summary>
    public const int SizeBytes = 8 << 20;

    private const int Words = 4000;
    private const int Seed = 20261121;

    /// <summary>The same bytes each time, so that two measurements can be compared.</summary>
    public static byte[] Make()
    {
        var random = new Random(Seed);
        var words = Enumerable.Range(0, Words).Select(_ => Word(random)).ToArray();
        var text = new StringBuilder(SizeBytes + 1024);
        for (var row = 1; text.Length < SizeBytes; row++)
        {
            text.Append(row).Append("\t2026-11-").Append(random.Next(10, 31)).Append(' ').Append(random.Next(10, 24)).Append(':').Append(random.Next(10, 60));
            text.Append(".0").Append(random.Next(10_000, 100_000)).Append('\t').Append(random.Next(1, 50_000)).Append('\t').Append(random.NextInt64().ToString("x16", null)).Append('\t');
            for (var left = random.Next(5, 40); left > 0; left--) text.Append(words[Frequent(random)]).Append(' ');
            text.Append('\t').Append(random.Next(1, 1000)).Append('.').Append(random.Next(10, 100)).Append('\n');
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, SizeBytes));
    }

    private static int Frequent(Random random) => (int)(Words * Math.Pow(random.NextDouble(), 2.2));

    private static string Word(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(3, 11)).Select(_ => (char)('a' + (int)(26 * Math.Pow(random.NextDouble(), 1.7)))));
}
