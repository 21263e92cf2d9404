using System.Globalization;
using Shouldly;
using Vault.Server.Features.Runs;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Faults;

public sealed class LogLatencyTests(PostgresServer postgres, ITestOutputHelper output) : IDisposable
{
    private const int Stamps = 200;
    private readonly TempFolder folder = new();
    private readonly TempFolder tools = new();

    public void Dispose()
    {
        folder.Dispose();
        tools.Dispose();
    }

    /// <summary>Prints how far behind they are and asserts no time: a busy machine is no bug.</summary>
    [Fact]
    public async Task The_tool_s_own_lines_reach_a_follower_while_the_tool_still_runs()
    {
        await FailedBackupTests.WriteToolAsync(tools.File("pg_dump"), $"""
            #!/bin/bash
            [ "$1" = --version ] || for i in $(seq {Stamps}); do echo "pg_dump: stamp $EPOCHREALTIME" >&2; sleep 0.005; done
            exec /usr/lib/postgresql/15/bin/pg_dump "$@"
            """);
        var database = await postgres.MakeDatabaseAsync();
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(database), replace: FailedBackupTests.Tools(tools.Path));
        var behind = new List<double>();
        await using (await postgres.HoldAsync(database))
        {
            var runId = await scene.StartJobAsync();
            await foreach (var update in scene.Get<RunFeed>().FollowAsync(runId, 1, default))
            {
                var now = DateTimeOffset.UtcNow;
                foreach (var line in update.Lines ?? [])
                    if (line.Text.Split("stamp ") is [_, var stamp])
                        behind.Add((now - DateTimeOffset.UnixEpoch).TotalMilliseconds - (double.Parse(stamp, CultureInfo.InvariantCulture) * 1000));
                if (behind.Count == Stamps) break; // pg_dump itself waits for the table: the run is not at its end
            }

            (await scene.Vault.Runs.FindAsync(runId))!.State.ShouldBe(RunState.Running);
        }

        behind.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"lines behind the tool: median {behind[Stamps / 2]:F1} ms, 95 % within {behind[Stamps * 95 / 100]:F1} ms, longest {behind[^1]:F1} ms"));
    }
}
