using Vault.Core;
using Vault.Core.Pipeline;

namespace Vault.Server.Features.Jobs;

/// <summary>What a person edits.</summary>
internal sealed class JobForm
{
    public string Name { get; set; } = "";
    public Guid SourceId { get; set; }
    public Guid DestinationId { get; set; }
    public Guid? ProfileId { get; set; }
    public string DumpFormat { get; set; } = "";
    public CompressionMethod Method { get; set; } = CompressionMethod.Zstd;
    public int Level { get; set; } = CompressionMethod.Zstd.Levels().Default;
    public string? Description { get; set; }
    public JobSchedule Schedule { get; set; } = JobSchedule.Default;
    public string TimeZone { get; set; } = "UTC";
    public bool IsScheduleEnabled { get; set; } = true;
    public bool IsPlaintextConfirmed { get; set; }

    public static JobForm Of(Job job) => new()
    {
        Name = job.Name, SourceId = job.SourceId, DestinationId = job.DestinationId, ProfileId = job.ProfileId, DumpFormat = job.DumpFormat,
        Method = CompressionMethods.Parse(job.Compression).Value, Level = job.CompressionLevel, Description = job.Description,
        Schedule = JobSchedule.FromCron(job.Schedule), TimeZone = job.TimeZone, IsScheduleEnabled = job.IsScheduleEnabled,
        IsPlaintextConfirmed = job.ProfileId is null,
    };

    public Result<JobInput> ToInput()
    {
        var cron = Schedule.ToCron();
        return cron.IsOk
            ? new JobInput(Name, SourceId, DestinationId, ProfileId, DumpFormat, Method.ToWord(), Level, Description, cron.Value, TimeZone, IsScheduleEnabled)
            {
                IsPlaintextConfirmed = IsPlaintextConfirmed,
            }
            : cron.Problem!;
    }
}
