using Vault.Core;
using Vault.Core.Engines;
using Vault.Testing;

namespace Vault.Adapters.Tests.PostgreSql;

/// <summary>Drives an engine as the pipeline does.</summary>
internal static class Dumping
{
    public static async Task<byte[]> DumpAsync(IDatabaseEngine engine, SettingValues settings, string format, RecordingLog? log = null,
        List<TableRows>? tables = null)
    {
        using var memory = new MemoryStream();
        await using var dump = await engine.StartDumpAsync(new DumpRequest(settings, format), log ?? new RecordingLog(), default);
        var buffer = new byte[70_001];
        int read;
        while ((read = await dump.Content.ReadAsync(buffer)) > 0)
        {
            memory.Write(buffer, 0, read);
            dump.Proof.Observe(buffer.AsSpan(0, read));
        }

        await dump.CompleteAsync();
        if (dump.Proof.Conclude() is { } problem) throw new ProblemException(problem);
        tables?.AddRange(dump.Proof.Tables);
        return memory.ToArray();
    }

    public static RestoreRequest Request(SettingValues target, string database, string format, string? origin = null, Guid? runId = null) =>
        new(runId ?? Guid.NewGuid(), target, database, new DumpOrigin("postgresql", "15.0", "pg_dump 15.0", format, origin ?? database, null));
}
