using System.Globalization;

namespace Vault.Server.Features.Shell;

/// <summary>Points in time as people read them.</summary>
public static class Instants
{
    /// <summary><c>just now</c>, <c>5 minutes ago</c>, <c>in 3 hours</c>, <c>yesterday</c> is said as <c>1 day ago</c>: exact beats pretty.</summary>
    public static string Relative(DateTimeOffset at, DateTimeOffset now)
    {
        var gap = now - at;
        var (amount, unit) = gap.Duration() switch
        {
            { TotalSeconds: < 45 } => (0, ""),
            { TotalMinutes: < 59.5 } d => (Math.Max(1, (int)Math.Round(d.TotalMinutes)), "minute"),
            { TotalHours: < 23.5 } d => ((int)Math.Round(d.TotalHours), "hour"),
            { TotalDays: < 59.5 } d => ((int)Math.Round(d.TotalDays), "day"),
            { TotalDays: < 730 } d => ((int)Math.Round(d.TotalDays / 30.44), "month"),
            var d => ((int)Math.Round(d.TotalDays / 365.25), "year"),
        };
        if (amount == 0)
            return gap < TimeSpan.Zero ? "in a moment" : "just now";
        var words = $"{amount} {unit}{(amount == 1 ? "" : "s")}";
        return gap < TimeSpan.Zero ? $"in {words}" : $"{words} ago";
    }

    /// <summary><c>21 Nov 2026, 14:03</c></summary>
    public static string Brief(DateTimeOffset local) => local.ToString("d MMM yyyy, HH:mm", CultureInfo.InvariantCulture);

    /// <summary><c>21 Nov 2026, 14:03:07 (UTC+1)</c>: nobody has to guess the zone.</summary>
    public static string Full(DateTimeOffset local) =>
        $"{local.ToString("d MMM yyyy, HH:mm:ss", CultureInfo.InvariantCulture)} ({Offset(local.Offset)})";

    private static string Offset(TimeSpan offset)
    {
        if (offset == TimeSpan.Zero)
            return "UTC";
        var sign = offset < TimeSpan.Zero ? "-" : "+";
        var size = offset.Duration();
        return size.Minutes == 0 ? $"UTC{sign}{size.Hours}" : $"UTC{sign}{size.Hours}:{size.Minutes:00}";
    }
}
