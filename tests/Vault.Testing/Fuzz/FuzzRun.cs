using System.Globalization;

namespace Vault.Testing.Fuzz;

/// <summary>What a reader is given; the second part is what lies beside the file.</summary>
public sealed record FuzzInput(byte[] File, byte[]? Beside = null);

/// <summary>A rule that does not hold for an input.</summary>
public sealed class FuzzException(string what) : Exception(what);

/// <summary>
/// Gives a reader hostile inputs. Each is made from the seed, the target's name and its number alone, so a finding comes
/// back with the same seed. Some thousands in every test run; <c>scripts/fuzz</c> asks for millions.
/// </summary>
public static class FuzzRun
{
    private const int MaxFindings = 10;

    /// <summary>Inputs of all targets together; each target takes its share of them.</summary>
    private static readonly long Inputs = Number("VAULT_FUZZ_INPUTS", 60_000);

    private static readonly long Seed = Number("VAULT_FUZZ_SEED", 20261121);

    /// <param name="share">In thousandths of all inputs.</param>
    /// <param name="maxBytes">What reading one input may allocate, beside a thousand times its size.</param>
    /// <param name="read">One word: what became of the input. Whatever it throws is a finding.</param>
    /// <returns>How often each word came.</returns>
    public static IDictionary<string, int> Run(string target, int share, long maxBytes, Func<Random, FuzzInput> make, Func<FuzzInput, string> read)
    {
        var words = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var findings = new List<string>();
        var count = Math.Max(1, Inputs * share / 1000);
        for (long number = 0; number < count && findings.Count < MaxFindings; number++)
        {
            var input = make(new Random(SeedOf(target, number)));
            var word = "FINDING";
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                word = read(input);
                var used = GC.GetAllocatedBytesForCurrentThread() - before;
                if (used > maxBytes + (1000L * input.File.Length))
                {
                    throw new FuzzException($"reading took {used:N0} bytes of memory");
                }
            }
            catch (Exception cause)
            {
                findings.Add($"input {number}: {cause}\n  file: {Convert.ToBase64String(input.File)}\n  beside: {Convert.ToBase64String(input.Beside ?? [])}");
            }

            words[word] = words.GetValueOrDefault(word) + 1;
        }

        Report($"{target,-22} {words.Values.Sum(),9:N0} inputs, seed {Seed}, {findings.Count} findings: {string.Join(", ", words.OrderByDescending(word => word.Value).Select(word => $"{word.Key} {word.Value:N0}"))}");
        return findings.Count == 0 ? words : throw new FuzzException($"{target}, VAULT_FUZZ_SEED={Seed}:\n{string.Join("\n\n", findings)}");
    }

    private static int SeedOf(string target, long number)
    {
        var hash = unchecked((ulong)Seed * 0x9E3779B97F4A7C15 + (ulong)number);
        foreach (var letter in target) hash = unchecked((hash ^ letter) * 0x100000001B3);
        hash ^= hash >> 29;
        return (int)(unchecked(hash * 0xBF58476D1CE4E5B9) >> 33);
    }

    private static void Report(string line)
    {
        if (Environment.GetEnvironmentVariable("VAULT_FUZZ_REPORT") is { Length: > 0 } path)
        {
            File.AppendAllText(path, line + "\n");
        }
    }

    private static long Number(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
