namespace Vault.Server.Features.Shell;

/// <summary>The time zone of the person who looks at the page; UTC until the browser told it.</summary>
internal sealed class ViewerZone
{
    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    /// <summary>Such as <c>Europe/Berlin</c>; null when the browser named no zone that this machine knows.</summary>
    public string? IanaName { get; private set; }

    /// <param name="ianaName">What the browser says; an unknown name leaves UTC, which every time shown then says.</param>
    public void Use(string? ianaName)
    {
        if (ianaName is not null && TimeZoneInfo.TryFindSystemTimeZoneById(ianaName, out var zone))
            (Zone, IanaName) = (zone, zone.HasIanaId ? zone.Id : null);
    }

    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone);

    /// <summary>Such as <c>14:03:07</c>, for the lines of a log.</summary>
    public string Clock(DateTimeOffset at) => Local(at).ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
}
