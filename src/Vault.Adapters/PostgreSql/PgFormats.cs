using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

internal static class PgFormats
{
    public static readonly DumpFormat Plain = new("plain", "SQL script (plain)", "sql", "Readable text; psql restores it.");

    public static readonly DumpFormat Custom = new("custom", "Archive (custom)", "dump", "pg_restore restores it, over several connections at once if wanted, and can list what is inside.", IsParallel: true);

    public static IReadOnlyList<DumpFormat> All { get; } = [Plain, Custom];
}
