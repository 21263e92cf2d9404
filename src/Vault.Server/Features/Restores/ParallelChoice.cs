using Vault.Core.Engines;

namespace Vault.Server.Features.Restores;

/// <summary>Over how many connections a restore may go, and what is proposed.</summary>
/// <param name="Reason">Why it is only one; null when it may be more, or when the engine knows no other way.</param>
/// <param name="Folder">Where the unpacked dump lies meanwhile.</param>
internal sealed record ParallelChoice(int Proposed, int Most, string? Reason, string? Folder)
{
    public const int MostConnections = 16;
    private const int MostProposed = 4;
    private const long WorthItBytes = 256_000_000;

    /// <summary>
    /// With two, measured: 18 % faster with four tables of 80 MB, 40 % slower with one of 1 GB, for the dump is unpacked first. Not worth
    /// unencrypted data on the disk unasked.
    /// </summary>
    private const int WorthItCores = 4;

    public static ParallelChoice None { get; } = new(1, 1, null, null);

    public bool IsOffered => Most > 1;

    /// <param name="spoolFolder">Null: nothing unencrypted may lie on the disk.</param>
    public static ParallelChoice Of(EngineDescription engine, string dumpFormat, long? dumpSizeBytes, string? spoolFolder, int cores)
    {
        var able = engine.DumpFormats.Where(format => format.IsParallel).Select(format => format.Id).ToList();
        if (able.Count == 0) return None;
        if (!able.Contains(dumpFormat))
            return One($"This dump is of the format {dumpFormat}, which is restored over 1 connection. Large databases restore faster from dumps of the format {string.Join(" or ", able)}: choose it in the job.");
        if (spoolFolder is null) return One("The restore uses 1 connection: several need the unpacked dump on disk, not encrypted, which this vault forbids.");
        return new ParallelChoice(dumpSizeBytes >= WorthItBytes && cores >= WorthItCores ? Math.Min(cores, MostProposed) : 1, MostConnections, null, spoolFolder);
    }

    private static ParallelChoice One(string reason) => None with { Reason = reason };
}
