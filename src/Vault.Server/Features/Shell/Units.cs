using System.Globalization;

namespace Vault.Server.Features.Shell;

/// <summary>Amounts as people read them. Sizes are decimal (1 MB = 1,000,000 bytes), as disks and providers count them.</summary>
public static class Units
{
    private static readonly string[] SizeUnits = ["B", "kB", "MB", "GB", "TB", "PB"];

    /// <summary>Three digits: <c>999 B</c>, <c>1.00 kB</c>, <c>12.3 MB</c>, <c>456 GB</c>.</summary>
    public static string Size(long sizeBytes)
    {
        if (sizeBytes is > -1000 and < 1000)
            return $"{sizeBytes} B";
        double value = sizeBytes;
        var unit = 0;
        // 999.5 would be printed as 1000, so it already belongs to the next unit.
        for (; Math.Abs(value) >= 999.5 && unit < SizeUnits.Length - 1; unit++)
            value /= 1000;
        var digits = Math.Abs(value) switch { < 9.995 => "0.00", < 99.95 => "0.0", _ => "0" };
        return $"{value.ToString(digits, CultureInfo.InvariantCulture)} {SizeUnits[unit]}";
    }

    public static string ExactSize(long sizeBytes) =>
        $"{sizeBytes.ToString("N0", CultureInfo.InvariantCulture)} {(sizeBytes is 1 or -1 ? "byte" : "bytes")}";

    public static string Rate(double bytesPerSecond) => $"{Size((long)bytesPerSecond)}/s";

    /// <summary>The two largest parts: <c>350 ms</c>, <c>4.2 s</c>, <c>3 min 7 s</c>, <c>2 h 5 min</c>, <c>3 d 4 h</c>.</summary>
    public static string Duration(TimeSpan duration) => duration switch
    {
        { TotalMilliseconds: < 0 } => Duration(TimeSpan.Zero),
        { TotalMilliseconds: < 999.5 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 9.95 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.0} s"),
        { TotalSeconds: < 59.5 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0} s"),
        { TotalMinutes: < 60 } => TwoParts(TimeSpan.FromSeconds(Math.Round(duration.TotalSeconds))),
        _ => TwoParts(duration),
    };

    /// <summary>How much smaller: <c>3.2 : 1</c>; null when there is nothing to compare.</summary>
    public static string? Ratio(long? dumpSizeBytes, long storedSizeBytes) => dumpSizeBytes is > 0 && storedSizeBytes > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{(double)dumpSizeBytes / storedSizeBytes:0.0} : 1")
        : null;

    private static string TwoParts(TimeSpan d) => d switch
    {
        { TotalHours: < 1 } => Join(d.Minutes, "min", d.Seconds, "s"),
        { TotalDays: < 1 } => Join(d.Hours, "h", d.Minutes, "min"),
        _ => Join((int)d.TotalDays, "d", d.Hours, "h"),
    };

    private static string Join(int large, string largeUnit, int small, string smallUnit) =>
        small == 0 ? $"{large} {largeUnit}" : $"{large} {largeUnit} {small} {smallUnit}";
}
