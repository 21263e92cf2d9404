using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Vault.Server.Database;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Features.Runs;

/// <summary>Which lines of a log are asked for.</summary>
/// <param name="LeastLevel">Lines of this level and above.</param>
/// <param name="Search">Text that the line contains, in any case; null or empty: every line.</param>
internal sealed record LogFilter(LogLevel LeastLevel = LogLevel.Debug, string? Search = null)
{
    public bool ShowsAll => LeastLevel == LogLevel.Debug && string.IsNullOrEmpty(Search);
}

/// <summary>The stored part of the logs.</summary>
internal sealed class RunLogStore(IDbContextFactory<VaultDb> databases)
{
    // A log can have a million lines, and change tracking would cost more than the insert.
    private const string Insert =
        """INSERT INTO "RunLog" ("RunId", "Seq", "At", "Level", "Phase", "Text") VALUES (@run, @seq, @at, @level, @phase, @text)""";

    private static readonly string[] Columns = ["@run", "@seq", "@at", "@level", "@phase", "@text"];

    public async Task AppendAsync(Guid runId, IReadOnlyList<RunLogLine> lines, RunProgress? progress)
    {
        await using var db = await databases.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        if (lines.Count > 0) await InsertAsync(db, lines);
        if (progress is not null)
        {
            await db.Runs.Where(r => r.Id == runId).ExecuteUpdateAsync(set => set
                .SetProperty(r => r.Phase, progress.Phase)
                .SetProperty(r => r.DoneBytes, progress.DoneBytes)
                .SetProperty(r => r.TotalBytes, progress.TotalBytes));
        }

        await transaction.CommitAsync();
    }

    public async Task<IReadOnlyList<RunLogLine>> ReadAsync(Guid runId, long fromSeq, int most, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.RunLog.AsNoTracking().Where(l => l.RunId == runId && l.Seq >= fromSeq)
            .OrderBy(l => l.Seq).Take(most).ToListAsync(cancel);
    }

    public async Task<long> LastSeqAsync(Guid runId, CancellationToken cancel = default)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await db.RunLog.Where(l => l.RunId == runId).MaxAsync(l => (long?)l.Seq, cancel) ?? 0;
    }

    public async Task<int> CountAsync(Guid runId, LogFilter filter, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await Filtered(db, runId, filter).CountAsync(cancel);
    }

    public async Task<IReadOnlyList<RunLogLine>> ReadFilteredAsync(Guid runId, LogFilter filter, int skip, int most, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        return await Filtered(db, runId, filter).OrderBy(l => l.Seq).Skip(skip).Take(most).ToListAsync(cancel);
    }

    private static IQueryable<RunLogLine> Filtered(VaultDb db, Guid runId, LogFilter filter)
    {
        var lines = db.RunLog.AsNoTracking().Where(l => l.RunId == runId);
        if (filter.LeastLevel != LogLevel.Debug) lines = lines.Where(l => l.Level >= filter.LeastLevel);
        if (string.IsNullOrEmpty(filter.Search)) return lines;
        var pattern = "%" + filter.Search.Replace("\\", "\\\\").Replace("%", "\\%").Replace("_", "\\_") + "%";
        return lines.Where(l => EF.Functions.Like(l.Text, pattern, "\\"));
    }

    private static async Task InsertAsync(VaultDb db, IReadOnlyList<RunLogLine> lines)
    {
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.Transaction = Microsoft.EntityFrameworkCore.Storage.DbContextTransactionExtensions.GetDbTransaction(db.Database.CurrentTransaction!);
        command.CommandText = Insert;
        var parameters = Columns.Select(name => AddParameter(command, name)).ToArray();
        foreach (var line in lines)
        {
            parameters[0].Value = line.RunId;
            parameters[1].Value = line.Seq;
            parameters[2].Value = line.At.UtcTicks;
            parameters[3].Value = (int)line.Level;
            parameters[4].Value = (object?)line.Phase ?? DBNull.Value;
            parameters[5].Value = line.Text;
            await command.ExecuteNonQueryAsync();
        }
    }

    private static DbParameter AddParameter(DbCommand command, string name)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        command.Parameters.Add(parameter);
        return parameter;
    }
}
