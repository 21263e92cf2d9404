using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;
using LogLevel = Vault.Core.Engines.LogLevel;

namespace Vault.Server.Tests.Runs;

public sealed class RunFeedTests : IDisposable
{
    private readonly VaultFile vault = new();
    private readonly CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));

    [Fact]
    public async Task Every_watcher_sees_every_line_once_and_in_order_while_several_threads_write()
    {
        const int writers = 4, linesEach = 5000;
        var live = await vault.StartRunAsync();
        var watchers = new List<Task<List<long>>>();
        var writing = Enumerable.Range(0, writers).Select(w => Task.Run(() =>
        {
            for (var i = 0; i < linesEach; i++) live.Log.Write(LogLevel.Info, $"writer {w} line {i}");
        })).ToList();
        // They arrive at different moments and start at different places; one of them is slow.
        for (var w = 0; w < 6; w++) watchers.Add(FollowAsync(live.Id, 1 + (w * 97), isSlow: w == 0));
        await Task.WhenAll(writing);
        watchers.Add(FollowAsync(live.Id, 19_000, isSlow: false));
        await vault.EndRunAsync(live);
        watchers.Add(FollowAsync(live.Id, 1, isSlow: false));

        var seen = await Task.WhenAll(watchers);

        foreach (var lines in seen)
        {
            lines[^1].ShouldBe(writers * linesEach);
            lines.ShouldBe(Range(lines[0], writers * linesEach));
        }

        seen[0][0].ShouldBe(1);
        seen[1][0].ShouldBe(98);
        seen[^1].Count.ShouldBe(writers * linesEach);
        (await vault.Store.LastSeqAsync(live.Id)).ShouldBe(writers * linesEach);
    }

    [Fact]
    public async Task A_line_forges_no_other_line_and_gives_a_terminal_no_orders()
    {
        var live = await vault.StartRunAsync();
        live.Log.Write(LogLevel.Info, "made with the profile 'x\r\n2026-11-21T02:00:00.000Z Info Verified\u001b[2J\u202e\u2028', a\ttab stays");
        live.Log.ReadWindow(1, 10)!.ShouldHaveSingleItem().Text.ShouldBe("made with the profile 'x  2026-11-21T02:00:00.000Z Info Verified [2J  ', a\ttab stays");
        await vault.EndRunAsync(live);
    }

    [Fact]
    public async Task A_line_reaches_a_watcher_within_100_ms_and_the_database_soon_after()
    {
        var live = await vault.StartRunAsync();
        var delays = new List<double>();
        var watcher = Task.Run(async () =>
        {
            await foreach (var update in vault.Feed.FollowAsync(live.Id, 1, deadline.Token))
                foreach (var line in update.Lines ?? []) delays.Add((DateTimeOffset.UtcNow - line.At).TotalMilliseconds);
        });
        for (var i = 0; i < 30; i++)
        {
            live.Log.Write(LogLevel.Info, "a line");
            await Task.Delay(20, deadline.Token);
        }

        await Eventually.TrueAsync(async () => await vault.Store.LastSeqAsync(live.Id) == 30, "all lines are stored");
        await vault.EndRunAsync(live);
        await watcher;

        delays.Count.ShouldBe(30);
        // The median: one pause of the machine is not the log's.
        delays.Order().ElementAt(15).ShouldBeLessThan(100);
    }

    [Fact]
    public async Task A_log_of_200_000_lines_is_stored_whole_while_memory_holds_only_its_window()
    {
        const int lines = 200_000;
        var live = await vault.StartRunAsync();
        var watch = Stopwatch.StartNew();
        await Task.Run(() =>
        {
            for (var i = 1; i <= lines; i++) live.Log.Write(LogLevel.Debug, $"line {i}");
        });
        live.Log.ReadWindow(lines - RunLog.WindowLines, 10).ShouldBeNull();
        live.Log.ReadWindow(lines - RunLog.WindowLines + 1, RunLog.WindowLines)!.Count.ShouldBe(RunLog.WindowLines);
        await vault.EndRunAsync(live);

        (await vault.Store.LastSeqAsync(live.Id)).ShouldBe(lines);
        (await vault.Store.CountAsync(live.Id, new LogFilter(), deadline.Token)).ShouldBe(lines);
        (await vault.Store.ReadAsync(live.Id, 123_456, 1, deadline.Token))[0].Text.ShouldBe("line 123456");
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_filter_finds_lines_by_level_and_by_text_that_holds_wildcards()
    {
        var live = await vault.StartRunAsync();
        live.Log.Write(LogLevel.Debug, "100% done");
        live.Log.Write(LogLevel.Warning, "1000 done");
        live.Log.Write(LogLevel.Error, "nothing_here");
        await vault.EndRunAsync(live);

        (await Texts(new LogFilter(LogLevel.Warning))).ShouldBe(["1000 done", "nothing_here"]);
        (await Texts(new LogFilter(Search: "100%"))).ShouldBe(["100% done"]);
        (await Texts(new LogFilter(Search: "NOTHING_"))).ShouldBe(["nothing_here"]);

        async Task<IEnumerable<string>> Texts(LogFilter filter) =>
            (await vault.Store.ReadFilteredAsync(live.Id, filter, 0, 10, deadline.Token)).Select(l => l.Text);
    }

    [Fact]
    public async Task Progress_is_shown_at_most_ten_times_a_second_and_its_last_figure_is_kept()
    {
        var live = await vault.StartRunAsync();
        var shown = new List<RunProgress>();
        var watcher = Task.Run(async () =>
        {
            await foreach (var update in vault.Feed.FollowAsync(live.Id, 1, deadline.Token))
                if (update.Progress is { } progress) shown.Add(progress);
        });
        live.Log.Phase("Dumping");
        var watch = Stopwatch.StartNew();
        var reports = 0;
        while (watch.ElapsedMilliseconds < 600)
        {
            ((Vault.Core.Engines.IRunLog)live.Log).Progress(++reports * 1000L, 10_000_000);
            if (reports % 100 == 0) await Task.Delay(1, deadline.Token);
        }

        await Eventually.TrueAsync(() => live.Log.Progress?.DoneBytes == reports * 1000L, "the last figure is shown");
        await vault.EndRunAsync(live);
        await watcher;

        reports.ShouldBeGreaterThan(100);
        shown.Count.ShouldBeLessThan(14);
        shown[0].Phase.ShouldBe("Dumping");
        await using var db = vault.CreateDbContext();
        (await db.Runs.SingleAsync(r => r.Id == live.Id)).DoneBytes.ShouldBe(reports * 1000L);
    }

    [Fact]
    public async Task A_watcher_of_a_queued_run_sees_it_from_its_first_line()
    {
        var id = Guid.CreateVersion7();
        await using (var db = vault.CreateDbContext())
        {
            db.Runs.Add(new Run { Id = id, State = RunState.Queued, Title = "t", StartedBy = "t", RequestJson = "{}" });
            await db.SaveChangesAsync();
        }

        var watcher = FollowAsync(id, 1, isSlow: false);
        var live = await vault.LiveRuns.OpenAsync(id);
        live.Log.Write(LogLevel.Info, "first");
        live.Log.Write(LogLevel.Info, "second");
        await vault.EndRunAsync(live);

        (await watcher).ShouldBe([1, 2]);
    }

    public void Dispose()
    {
        vault.Dispose();
        deadline.Dispose();
    }

    private async Task<List<long>> FollowAsync(Guid runId, long fromSeq, bool isSlow)
    {
        var seen = new List<long>();
        var isFinished = false;
        await foreach (var update in vault.Feed.FollowAsync(runId, fromSeq, deadline.Token))
        {
            if (isSlow) await Task.Delay(10, deadline.Token);
            seen.AddRange((update.Lines ?? []).Select(l => l.Seq));
            isFinished |= update.Status?.IsFinished == true;
        }

        isFinished.ShouldBeTrue();
        return seen;
    }

    private static IEnumerable<long> Range(long from, long to)
    {
        for (var i = from; i <= to; i++) yield return i;
    }
}
