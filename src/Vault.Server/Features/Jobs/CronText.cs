using Quartz;
using Vault.Core;

namespace Vault.Server.Features.Jobs;

/// <summary>Reads what a person types as a cron expression: five fields as in crontab(5), or six or seven of the scheduler.</summary>
internal static class CronText
{
    private static readonly string[] DayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

    public static Result<string?> Read(string? text)
    {
        var fields = (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var cron = fields.Length == 5 ? FromCrontab(fields) : string.Join(' ', fields);
        if (cron is not null && CronExpression.TryParse(cron, out _)) return cron;
        return new Problem("cron-malformed",
            $"\"{text}\" is not a cron expression, so the schedule cannot be saved.",
            "Write five fields (minute hour day month weekday), for example: 30 2 * * 1-5");
    }

    private static string? FromCrontab(string[] f)
    {
        var (date, day) = (f[2], DaysByName(f[4]));
        // The scheduler wants '?' in the one that is not used; crontab's "either of both" cannot be said in it.
        if (day == "*") return $"0 {f[0]} {f[1]} {date} {f[3]} ?";
        return date == "*" ? $"0 {f[0]} {f[1]} ? {f[3]} {day}" : null;
    }

    private static string DaysByName(string field)
    {
        var parts = field.Split(',').Select(part => string.Join('-', part.Split('-').Select(
            day => day is [>= '0' and <= '7'] ? DayNames[day[0] - '0'] : day.ToUpperInvariant())));
        return string.Join(',', parts);
    }
}
