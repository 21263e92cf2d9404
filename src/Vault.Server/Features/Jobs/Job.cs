namespace Vault.Server.Features.Jobs;

/// <summary>What is backed up, where to, when.</summary>
internal sealed class Job
{
    public Guid Id { get; init; }
    public required string Name { get; set; }
    public Guid SourceId { get; set; }
    public Guid DestinationId { get; set; }

    /// <summary>Null: the backup is not encrypted, which the UI says in red.</summary>
    public Guid? ProfileId { get; set; }

    /// <summary>A <c>DumpFormat.Id</c> of the source's engine.</summary>
    public required string DumpFormat { get; set; }

    /// <summary>A word of the metadata: ZSTD, GZIP, BROTLI, NONE.</summary>
    public required string Compression { get; set; }

    public int CompressionLevel { get; set; }
    public string? Description { get; set; }

    /// <summary>Quartz cron expression; null: only by hand.</summary>
    public string? Schedule { get; set; }

    /// <summary>IANA name, such as <c>Europe/Berlin</c>.</summary>
    public required string TimeZone { get; set; }

    public bool IsScheduleEnabled { get; set; } = true;
    public DateTimeOffset CreatedAt { get; init; }
}
