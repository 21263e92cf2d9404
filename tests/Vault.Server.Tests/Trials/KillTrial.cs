using Npgsql;
using Shouldly;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Trials;

/// <summary>kill -9 of the server at many moments of a backup, a restore and a verify; after each start the invariants of design §5 hold.</summary>
[Collection(nameof(TrialCollection))]
public sealed class KillTrial(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Orders = 30_000;
    private TrialVault vault = null!;
    private Aftermath aftermath = null!;
    private Sights sights = null!;
    private NpgsqlConnection sessions = null!;
    private Guid jobId;

    public async ValueTask InitializeAsync()
    {
        vault = await TrialVault.MakeAsync();
        aftermath = new Aftermath(vault);
        sessions = new NpgsqlConnection(vault.Cluster.ConnectionString("postgres"));
        await sessions.OpenAsync();
        sights = new Sights(vault, sessions);
        await ShopSchema.SeedAsync(vault.Cluster, TrialVault.Database, Orders);
        await vault.Cluster.ExecuteAsync(TrialVault.Database, "CREATE TABLE state (what text); INSERT INTO state VALUES ('first')");
        await using var server = await vault.StartServerAsync();
        await vault.SeedAsync();
        jobId = await vault.AddJobAsync("Killed", "custom", "BROTLI", 5);
    }

    public async ValueTask DisposeAsync()
    {
        await sessions.DisposeAsync();
        await vault.DisposeAsync();
    }

    [Fact]
    public async Task A_backup_killed_at_any_moment_is_whole_or_not_there()
    {
        var (first, backup) = await OneBackupAsync();
        var size = backup.StoredSizeBytes;
        var length = first.FinishedAt!.Value - first.StartedAt!.Value;
        List<Moment> moments =
        [
            new("nothing was waited for", () => true), sights.Row(RunState.Running), sights.Phase("Preparing"), sights.PartialOf("nothing", 0),
            sights.PartialOf("something", 1), sights.PartialOf("a quarter", size / 4), sights.PartialOf("half", size / 2),
            sights.PartialOf("three quarters", size * 3 / 4), sights.PartialOf("everything", size), sights.Phase("Proving"), sights.Phase("Publishing"),
            sights.HasObject, sights.HasObject.Plus(1), sights.HasObject.Plus(3), sights.HasObject.Plus(8), sights.HasPartialMetadata,
            sights.HasMetadata, sights.HasMetadata.Plus(3), sights.HasMetadata.Plus(10), sights.HasMetadata.Plus(30), sights.HasMetadata.Plus(60),
            sights.Row(RunState.Succeeded),
            .. Enumerable.Range(1, 6).Select(i => sights.Phase("Dumping").Plus((int)(length.TotalMilliseconds * i / 6))),
        ];

        foreach (var moment in moments) await KillAsync(moment, await vault.QueueBackupAsync(jobId));

        output.WriteLine($"{moments.Count} kills in a backup that takes {length.TotalMilliseconds:0} ms; {aftermath.OpenedBackups} whole backups opened.");
        (await vault.BackupsAsync()).Count.ShouldBeInRange(2, moments.Count);
    }

    [Fact]
    public async Task A_restore_killed_at_any_moment_leaves_the_target_as_it_was_or_whole()
    {
        var (_, backup) = await OneBackupAsync();
        var restored = await vault.FingerprintAsync();
        await vault.Cluster.ExecuteAsync(TrialVault.Database, "UPDATE state SET what = 'second'; DROP TABLE shop.empty");
        var untouched = await vault.FingerprintAsync();
        List<Moment> moments =
        [
            sights.Phase("Verifying"), sights.Statement("CREATE DATABASE"), sights.Statement("CREATE DATABASE").Plus(20), sights.ShadowOf(1), sights.Phase("Restoring"), sights.ShadowOf(10), sights.ShadowOf(14),
            sights.Statement("COPY shop.orders"), sights.Statement("CREATE INDEX"), sights.Statement("ALTER TABLE"), sights.Statement("REFRESH"),
            sights.Statement("ANALYZE"), sights.Statement("ANALYZE").Plus(30), sights.Phase("Swapping in"), sights.Statement("ALTER DATABASE"),
            sights.Statement("ALTER DATABASE").Plus(2), sights.Statement("ALTER DATABASE").Plus(10), sights.IsSwapped, sights.IsSwapped.Plus(20), sights.IsSwapped.Plus(60),
            sights.Row(RunState.Succeeded), .. Enumerable.Range(1, 6).Select(i => sights.Phase("Restoring").Plus(i * 150)),
        ];
        var wholes = 0;
        foreach (var moment in moments)
        {
            await KillAsync(moment, await vault.QueueRestoreAsync(backup.Id));
            if (await IsRestoredAsync(restored, untouched)) wholes++;
        }

        output.WriteLine($"{moments.Count} kills in a restore; {wholes} times the target was whole afterwards, otherwise untouched.");
        wholes.ShouldBeInRange(1, moments.Count - 5);
    }

    [Fact]
    public async Task A_verify_killed_at_any_moment_leaves_the_backup_as_it_was()
    {
        var (_, backup) = await OneBackupAsync();
        List<Moment> moments =
        [
            new("nothing was waited for", () => true), sights.Row(RunState.Running), sights.Phase("Preparing"), sights.Phase("Verifying"),
            sights.Phase("Reading"), sights.Phase("Reading").Plus(5), sights.Phase("Reading").Plus(20), sights.Phase("Reading").Plus(60), sights.Row(RunState.Succeeded),
        ];
        foreach (var moment in moments)
        {
            await KillAsync(moment, await vault.QueueVerifyAsync(backup.Id));
            (await vault.BackupsAsync()).Single(b => b.Id == backup.Id).State.ShouldBe(Features.Backups.BackupState.Available);
        }

        var last = await vault.QueueVerifyAsync(backup.Id);
        await using var server = await vault.StartServerAsync();
        await vault.SuccessOfAsync(last);
        output.WriteLine($"{moments.Count} kills in a verify.");
    }

    [Fact]
    public async Task What_was_queued_behind_a_killed_run_runs_after_the_start()
    {
        var killed = await vault.QueueBackupAsync(jobId);
        var other = await vault.AddJobAsync("Other", "plain", "GZIP", 1);
        Guid[] waiting = [await vault.QueueBackupAsync(jobId), await vault.QueueBackupAsync(other)];
        await using (var server = await vault.StartServerAsync())
        {
            sights.RunId = killed;
            (await sights.PartialOf("something", 1).WaitAsync(() => HasEndedAsync(killed))).ShouldBeTrue();
            server.Kill();
        }

        (await vault.FindRunAsync(killed)).State.ShouldBe(RunState.Running);
        foreach (var id in waiting) (await vault.FindRunAsync(id)).State.ShouldBe(RunState.Queued);
        await using var again = await vault.StartServerAsync();
        foreach (var id in waiting) await vault.SuccessOfAsync(id);
        await aftermath.OrderReturnsAsync(killed);
        (await vault.FindRunAsync(killed)).State.ShouldBe(RunState.Interrupted);
    }

    [Fact]
    public async Task What_a_killed_restore_left_is_removed_by_a_later_start_when_the_next_one_could_not()
    {
        var (_, backup) = await OneBackupAsync();
        await KillAtAsync(await vault.QueueRestoreAsync(backup.Id), sights.ShadowOf(1));
        (await aftermath.DatabasesAsync("vault_restore_%")).Count.ShouldBe(1, "there is something to tidy up");
        await aftermath.ProcessesEndAsync(sessions.ProcessID);
        await vault.Cluster.StopServerAsync();
        await using (var server = await vault.StartServerAsync())
        {
            (await vault.FindRunAsync(sights.RunId)).State.ShouldBe(RunState.Interrupted);
            server.Kill();
        }

        await vault.Cluster.StartServerAsync();
        await using var last = await vault.StartServerAsync();
        await aftermath.TidyAsync();
    }

    private async Task<(Run Run, Features.Backups.Backup Backup)> OneBackupAsync()
    {
        var run = await vault.QueueBackupAsync(jobId);
        await using var server = await vault.StartServerAsync();
        var ended = await vault.SuccessOfAsync(run);
        return (ended, (await vault.BackupsAsync()).Single(b => b.Id == ended.BackupId));
    }

    private async Task KillAsync(Moment moment, Guid runId)
    {
        var isMet = await KillAtAsync(runId, moment);
        await aftermath.ProcessesEndAsync(sessions.ProcessID);
        var left = (await vault.FindRunAsync(runId)).State;
        await using (var again = await vault.StartServerAsync())
        {
            if (left == RunState.Queued) await vault.SuccessOfAsync(runId);
            else (await vault.FindRunAsync(runId)).State.ShouldNotBe(RunState.Running, "what was Running is Interrupted before the server answers");
            await aftermath.OrderReturnsAsync(runId);
        }

        output.WriteLine($"killed when {moment.Name}{(isMet ? "" : " (not met: after its end)")}: {left} → {(await vault.FindRunAsync(runId)).State}");
    }

    private async Task<bool> KillAtAsync(Guid runId, Moment moment)
    {
        sights.RunId = runId;
        await using var server = await vault.StartServerAsync();
        var isMet = await moment.WaitAsync(() => HasEndedAsync(runId));
        server.Kill();
        return isMet;
    }

    private async Task<bool> HasEndedAsync(Guid runId) => (await vault.FindRunAsync(runId)).State is not (RunState.Queued or RunState.Running);

    /// <summary>The target is one of the two, whole; then it is made the second again.</summary>
    private async Task<bool> IsRestoredAsync(DatabaseFingerprint restored, DatabaseFingerprint untouched)
    {
        var kept = (await aftermath.DatabasesAsync($"{TrialVault.Database}\\_before\\_%")).SingleOrDefault();
        var now = await vault.FingerprintAsync();
        if (kept is null)
        {
            now.DifferencesFrom(untouched).ShouldBeEmpty();
            return false;
        }

        now.DifferencesFrom(restored).ShouldBeEmpty();
        (await vault.FingerprintAsync(kept)).DifferencesFrom(untouched).ShouldBeEmpty();
        await vault.Cluster.ExecuteAsync("postgres", $"DROP DATABASE {TrialVault.Database}");
        await vault.Cluster.ExecuteAsync("postgres", $"ALTER DATABASE {kept} RENAME TO {TrialVault.Database}");
        return true;
    }
}
