using Shouldly;
using Vault.Server.Features.Jobs;
using Xunit;

namespace Vault.Server.Tests.Jobs;

public sealed class JobScheduleTests
{
    public static TheoryData<string?> Crons => ["0 0 2 * * ?", "0 17 * * * ?", "0 30 4 ? * MON", "0 5 23 15 * ?", "0 5 23 L * ?", "0 0/10 8-18 ? * MON-FRI", null!];

    [Theory, MemberData(nameof(Crons))]
    public void What_is_read_from_a_cron_expression_writes_the_same_one(string? cron) =>
        JobSchedule.FromCron(cron).ToCron().Value.ShouldBe(cron);

    [Fact]
    public void A_new_job_runs_daily_at_2() => JobSchedule.Default.ToCron().Value.ShouldBe("0 0 2 * * ?");

    [Theory]
    [InlineData("30 2 * * 1-5", "0 30 2 ? * MON-FRI")]
    [InlineData("0 */6 * * *", "0 0 */6 * * ?")]
    [InlineData("0 3 1 * *", "0 0 3 1 * ?")]
    [InlineData("15 4 * * 0,7", "0 15 4 ? * SUN,SUN")]
    [InlineData(" 0 0 2 * * ? ", "0 0 2 * * ?")]
    public void Five_fields_mean_what_crontab_means(string typed, string cron) => CronText.Read(typed).Value.ShouldBe(cron);

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("every day")]
    [InlineData("61 2 * * *")]
    [InlineData("0 2 1 * 5")]
    public void What_is_no_cron_expression_is_refused_with_an_example(string? typed)
    {
        var problem = CronText.Read(typed).Problem.ShouldNotBeNull();
        problem.Code.ShouldBe("cron-malformed");
        problem.Next.ShouldContain("30 2 * * 1-5");
    }

    [Fact]
    public void The_preview_keeps_the_hour_of_the_wall_clock_when_summer_time_begins()
    {
        var before = new DateTimeOffset(2026, 3, 27, 12, 0, 0, TimeSpan.Zero);
        var times = JobSchedule.NextTimes("0 0 4 * * ?", "Europe/Berlin", before, 3);
        times.Select(t => t.UtcDateTime.Hour).ShouldBe([3, 2, 2]);
        times.Count.ShouldBe(3);
    }
}
