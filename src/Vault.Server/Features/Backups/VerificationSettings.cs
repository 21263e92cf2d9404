using Vault.Core;
using Vault.Server.Features.Jobs;

namespace Vault.Server.Features.Backups;

/// <summary>When the vault verifies by itself, and how much at once.</summary>
/// <param name="Schedule">Cron expression; null: never by itself.</param>
/// <param name="TimeZone">IANA name.</param>
internal sealed record VerificationSettings(string? Schedule, string TimeZone, int MaxBackups, int MaxGigabytes)
{
    public const int MostBackups = 1000, MostGigabytes = 100_000;

    /// <summary>Sundays at 04:00: after the nightly backups of most, and outside of office hours.</summary>
    public static VerificationSettings Default { get; } = new(
        (JobSchedule.Default with { Kind = ScheduleKind.Weekly, Time = new TimeOnly(4, 0), Day = DayOfWeek.Sunday }).ToCron().Value, TimeZoneInfo.Local.Id, 20, 100);

    public long MaxBytes => MaxGigabytes * 1_000_000_000L;

    public DateTimeOffset? NextAt(DateTimeOffset now) => Schedule is null
        ? null
        : JobSchedule.NextTimes(Schedule, TimeZone, now, 1).Select(at => (DateTimeOffset?)at).FirstOrDefault();

    public Problem? Check()
    {
        if (MaxBackups is < 1 or > MostBackups)
            return new Problem("verification-invalid", $"At most {MaxBackups} backups each time cannot be kept to, so nothing was saved.", $"Enter a number from 1 to {MostBackups}.");
        if (MaxGigabytes is < 1 or > MostGigabytes)
            return new Problem("verification-invalid", $"At most {MaxGigabytes} GB each time cannot be kept to, so nothing was saved.", $"Enter a number from 1 to {MostGigabytes}.");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
            return new Problem("time-zone-unknown", $"This machine knows no time zone \"{TimeZone}\", so nothing was saved.", "Choose one from the list, such as Europe/Berlin.");
        return Schedule is null || Quartz.CronExpression.TryParse(Schedule, out _)
            ? null
            : new Problem("cron-malformed", $"\"{Schedule}\" is not a cron expression, so nothing was saved.", "Correct the schedule.");
    }
}
