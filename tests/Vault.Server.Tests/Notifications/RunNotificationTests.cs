using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Vault.Server.Features.Notifications;
using Vault.Server.Features.Runs;
using Vault.Server.Tests.Faults;
using Vault.Server.Tests.Runs;
using Vault.Server.Tests.Verify;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Notifications;

/// <summary>Runs of the whole server that end badly, and a real receiver.</summary>
public sealed class RunNotificationTests(PostgresServer postgres) : IDisposable
{
    private static readonly DeliveryRule Hasty = new(TimeSpan.FromSeconds(10), [TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(20)]);
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_verify_that_finds_damage_is_told_once_with_its_run_and_one_that_finds_none_is_not()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var scene = await StartAsync(receiver.Url);
        var backup = await scene.BackUpAsync();
        await scene.ShouldSucceedAsync(await VerifyTests.VerifyAsync(scene, backup));
        await VerifyTests.FlipAsync(scene.PathOf(backup));
        var run = await VerifyTests.VerifyAsync(scene, backup);
        await scene.ShouldBeRedAsync(run, "tag-mismatch");

        (await LastAsync(scene)).Failure.ShouldBeNull();
        var told = receiver.Received.ShouldHaveSingleItem();
        told.Target.ShouldBe($"POST /hook?token={Receiver.Token}");
        (told.Title, told.Priority).ShouldBe(($"{run.Title}: verify failed", "high"));
        string? Field(string name) => told.Body.GetProperty(name).GetString();
        (Field("title"), Field("level"), Field("kind"), Field("runId")).ShouldBe((told.Title, "error", "verify", run.Id.ToString()));
        Field("message").ShouldBe($"{run.ProblemMessage} {run.ProblemNext}");
        told.Body.GetProperty("at").GetDateTimeOffset().ShouldBe(run.FinishedAt!.Value);
        told.Body.ToString().ShouldNotContain(PostgresCluster.Password);
    }

    [Fact]
    public async Task A_receiver_that_fails_twice_is_told_at_the_third_try()
    {
        await using var receiver = await Receiver.StartAsync(500, 503);
        await using var scene = await StartAsync(receiver.Url);
        await FailAsync(scene);
        (await LastAsync(scene)).Failure.ShouldBeNull();
        receiver.Received.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_receiver_that_is_down_changes_nothing_of_the_run_and_the_page_can_say_so()
    {
        await using var scene = await StartAsync(Receiver.DeadUrl());
        await FailAsync(scene);
        (await LastAsync(scene)).Failure.ShouldBe("No connection to the receiver came about.");
        await scene.ShouldSucceedAsync(await scene.RunJobAsync());
    }

    [Fact]
    public async Task A_backup_that_was_cut_short_by_a_crash_is_told_at_the_next_start()
    {
        await using var receiver = await Receiver.StartAsync();
        var id = Guid.CreateVersion7();
        await using (var scene = await StartAsync(receiver.Url))
        {
            await using var db = scene.Vault.Db();
            db.Runs.Add(new Run { Id = id, Kind = RunKind.Backup, State = RunState.Running, Title = "Shop für alle", StartedBy = "ada", QueuedAt = DateTimeOffset.UtcNow, RequestJson = "{}" });
            await db.SaveChangesAsync();
        }

        await using var vault = Runs.TestVault.Start(folder.Path);
        await Eventually.TrueAsync(() => receiver.Received.Count > 0, "the receiver was told");
        var told = receiver.Received.ShouldHaveSingleItem();
        told.Body.GetProperty("runId").GetGuid().ShouldBe(id);
        told.Body.GetProperty("title").GetString().ShouldBe("Shop für alle: backup was interrupted");
        told.Title.ShouldBe("Shop f?r alle: backup was interrupted", "a header holds ASCII only");
    }

    [Theory]
    [InlineData(nameof(RunKind.Backup), nameof(RunState.Failed), true)]
    [InlineData(nameof(RunKind.Restore), nameof(RunState.Failed), true)]
    [InlineData(nameof(RunKind.Verify), nameof(RunState.Failed), true)]
    [InlineData(nameof(RunKind.Backup), nameof(RunState.Interrupted), true)]
    [InlineData(nameof(RunKind.Restore), nameof(RunState.Interrupted), true)]
    [InlineData(nameof(RunKind.Verify), nameof(RunState.Interrupted), false)]
    [InlineData(nameof(RunKind.Backup), nameof(RunState.Succeeded), false)]
    [InlineData(nameof(RunKind.Backup), nameof(RunState.Cancelled), false)]
    public void What_ended_badly_is_told_and_what_went_well_or_was_wanted_is_not(string kind, string state, bool isTold)
    {
        var run = new Run { Kind = Enum.Parse<RunKind>(kind), State = Enum.Parse<RunState>(state), Title = "Shop", StartedBy = "ada", RequestJson = "{}", FinishedAt = DateTimeOffset.UtcNow };
        (Notification.Of(run) is not null).ShouldBe(isTold);
    }

    private async Task<Scene> StartAsync(string url)
    {
        var settings = postgres.Cluster.Settings(await postgres.MakeDatabaseAsync());
        var scene = await Scene.StartAsync(folder, settings, replace: services => services.AddSingleton(Hasty));
        (await scene.Get<Webhook>().SaveAsync(url, Scene.Ada)).ShouldBeNull();
        return scene;
    }

    private static async Task FailAsync(Scene scene)
    {
        var backup = await scene.BackUpAsync();
        await VerifyTests.FlipAsync(scene.PathOf(backup));
        await scene.ShouldBeRedAsync(await VerifyTests.VerifyAsync(scene, backup), "tag-mismatch");
    }

    private static async Task<Delivery> LastAsync(Scene scene)
    {
        Delivery? last = null;
        await Eventually.TrueAsync(async () => (last = await scene.Get<Webhook>().LastAsync()) is not null, "the delivery has ended");
        return last!;
    }
}
