using System.Globalization;
using Vault.Core.Pipeline;
using Vault.Server.Features.Shell;

namespace Vault.Server.Features.Jobs;

/// <summary>What a compression is good for and what a level costs, in words.</summary>
internal static class CompressionWords
{
    public static IReadOnlyList<CompressionMethod> Order { get; } = [CompressionMethod.Zstd, CompressionMethod.Gzip, CompressionMethod.Brotli, CompressionMethod.None];

    public static string NameOf(CompressionMethod method) => method.ToString().ToLowerInvariant();

    public static string Help(CompressionMethod method) => method switch
    {
        CompressionMethod.Zstd => "Fast and small, on all cores. Where the file must be opened with old tools, choose gzip 6.",
        CompressionMethod.Gzip => "On all cores. Every gunzip of the last thirty years opens it; slower and larger than zstd.",
        CompressionMethod.Brotli => "Small, on one core only: slow for large databases.",
        _ => "For dumps that are compressed already, or that do not shrink. As fast as the database, as large as the dump.",
    };

    public static string LevelHelp(CompressionMethod method, int level)
    {
        var (min, max, _) = method.Levels();
        return $"{min} to {max}. {Cost(method, level)}";
    }

    /// <summary>Such as <c>12.3 MB/s</c>, with the ratio.</summary>
    public static string Measured(CompressionSpeed speed) => $"{Units.Rate(speed.BytesPerSecond)}, {Ratio(speed)}";

    public static string Ratio(CompressionSpeed speed) => string.Create(CultureInfo.InvariantCulture, $"{speed.Ratio:0.0} : 1");

    private static string Cost(CompressionMethod method, int level) => method switch
    {
        CompressionMethod.Zstd => level switch
        {
            <= 2 => "Fastest; files a fifth larger than at 3.",
            <= 4 => "Fast and small: the usual choice.",
            <= 9 => "Two to five times slower than 3, hardly smaller.",
            <= 14 => "Ten times slower than 3 and more, with 50 MB of memory for each core.",
            _ => "Smallest; a hundred times slower than 3, with 50 to 70 MB of memory for each core.",
        },
        CompressionMethod.Gzip => level switch
        {
            1 => "Fastest; files a third larger than at 6.",
            <= 5 => "Faster than 6, a little larger.",
            6 => "The usual choice.",
            _ => "Half as fast as 6 and less, hardly smaller.",
        },
        _ => level switch
        {
            <= 1 => "Fast.",
            <= 4 => "Small; a fifth of the speed of 1.",
            <= 9 => "Very slow.",
            _ => "Hours for a large database; smallest.",
        },
    };
}
