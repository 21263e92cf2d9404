using Quartz;
using Vault.Core;

namespace Vault.Server.Features.Jobs;

public enum ScheduleKind { ByHand, Hourly, Daily, Weekly, Monthly, Cron }

/// <summary>When a job runs, as a person says it. Pure: no clock, no scheduler.</summary>
public sealed record JobSchedule(ScheduleKind Kind, TimeOnly Time, DayOfWeek Day, int DayOfMonth, string? Cron)
{
    /// <summary>Daily at 02:00, which a new job starts with.</summary>
    public static JobSchedule Default { get; } = new(ScheduleKind.Daily, new TimeOnly(2, 0), DayOfWeek.Sunday, 1, null);

    /// <summary>As a cron expression of the scheduler; null: only by hand.</summary>
    public Result<string?> ToCron() => Kind switch
    {
        ScheduleKind.ByHand => (string?)null,
        ScheduleKind.Hourly => $"0 {Time.Minute} * * * ?",
        ScheduleKind.Daily => $"0 {Time.Minute} {Time.Hour} * * ?",
        ScheduleKind.Weekly => $"0 {Time.Minute} {Time.Hour} ? * {Short(Day)}",
        ScheduleKind.Monthly when DayOfMonth > 28 => $"0 {Time.Minute} {Time.Hour} L * ?",
        ScheduleKind.Monthly => $"0 {Time.Minute} {Time.Hour} {Math.Max(1, DayOfMonth)} * ?",
        _ => CronText.Read(Cron),
    };

    public static JobSchedule FromCron(string? cron)
    {
        if (cron is null) return Default with { Kind = ScheduleKind.ByHand };
        var parts = cron.Split(' ');
        if (parts is ["0", var minute, var hour, var date, "*", var day] && int.TryParse(minute, out var m) && m is >= 0 and < 60
            && Recognize(m, hour, date, day) is { } known)
        {
            return known;
        }

        return Default with { Kind = ScheduleKind.Cron, Cron = cron };
    }

    private static JobSchedule? Recognize(int minute, string hourText, string date, string day)
    {
        if (hourText == "*") return (date, day) == ("*", "?") ? Default with { Kind = ScheduleKind.Hourly, Time = new TimeOnly(0, minute) } : null;
        if (!int.TryParse(hourText, out var hour) || hour is < 0 or > 23) return null;
        var at = Default with { Time = new TimeOnly(hour, minute) };
        if ((date, day) == ("*", "?")) return at with { Kind = ScheduleKind.Daily };
        if ((date, day) == ("L", "?")) return at with { Kind = ScheduleKind.Monthly, DayOfMonth = 31 };
        if (day == "?" && int.TryParse(date, out var dayOfMonth) && dayOfMonth is >= 1 and <= 28)
            return at with { Kind = ScheduleKind.Monthly, DayOfMonth = dayOfMonth };
        foreach (var name in Enum.GetValues<DayOfWeek>())
        {
            if (date == "?" && day == Short(name)) return at with { Kind = ScheduleKind.Weekly, Day = name };
        }

        return null;
    }

    /// <summary>The next times that a schedule fires, such as for the preview.</summary>
    public static IReadOnlyList<DateTimeOffset> NextTimes(string cron, string timeZone, DateTimeOffset after, int count)
    {
        var expression = new CronExpression(cron, TimeZoneInfo.FindSystemTimeZoneById(timeZone));
        var times = new List<DateTimeOffset>(count);
        for (var next = expression.GetNextValidTimeAfter(after); next is { } at && times.Count < count; next = expression.GetNextValidTimeAfter(at))
            times.Add(at);
        return times;
    }

    private static string Short(DayOfWeek day) => day.ToString()[..3].ToUpperInvariant();

    /// <summary>In words, for lists.</summary>
    public string InWords() => Kind switch
    {
        ScheduleKind.ByHand => "By hand only",
        ScheduleKind.Hourly => $"Every hour at minute {Time.Minute:00}",
        ScheduleKind.Daily => $"Every day at {Time:HH:mm}",
        ScheduleKind.Weekly => $"Every {Day} at {Time:HH:mm}",
        ScheduleKind.Monthly when DayOfMonth > 28 => $"On the last day of every month at {Time:HH:mm}",
        ScheduleKind.Monthly => $"On day {DayOfMonth} of every month at {Time:HH:mm}",
        _ => $"Cron: {Cron}",
    };
}
