using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Vault.Server.Database;

/// <summary>An instant as UTC ticks (100 ns since 0001-01-01).</summary>
internal sealed class InstantConverter() : ValueConverter<DateTimeOffset, long>(
    at => at.UtcTicks,
    ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
