using Shouldly;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

/// <summary>Every PostgreSQL release that lies under VAULT_TEST_PG_ROOT (<c>release/bin</c>), and the system's own.</summary>
public sealed class ReleaseTests
{
    private const string SystemRoot = "/usr/lib/postgresql";

    public static TheoryData<string> ServerFolders()
    {
        var roots = new[] { SystemRoot, Environment.GetEnvironmentVariable("VAULT_TEST_PG_ROOT") ?? "" };
        var folders = roots.Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories).Select(release => Path.Combine(release, "bin"));
        return [.. folders.Where(bin => File.Exists(Path.Combine(bin, "initdb"))).Order()];
    }

    [Theory]
    [MemberData(nameof(ServerFolders))]
    public async Task A_server_is_dumped_and_restored_by_the_system_s_tools_or_refused_as_too_new(string binFolder)
    {
        await using var cluster = await PostgresCluster.StartAsync(binFolder);
        await cluster.CreateDatabaseAsync("shop");
        await ShopSchema.SeedAsync(cluster, "shop", orders: 50);
        var engine = EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!;
        var check = await engine.CheckAsync(cluster.Settings("shop"), default);
        var serverMajor = int.Parse(check.EngineVersion.ShouldNotBeNull().Split('.')[0]);
        var newestTool = Directory.EnumerateDirectories(SystemRoot).Max(folder => int.Parse(Path.GetFileName(folder)));
        foreach (var format in new[] { "plain", "custom" })
            if (serverMajor > newestTool) await MustRefuseAsync(engine, cluster, check, format, serverMajor);
            else await MustComeBackAsync(engine, cluster, check, format, "pg_dump 15.0");
        if (!File.Exists(Path.Combine(binFolder, "pg_dump"))) return;
        var withOwnTools = EngineRegistry.Create(new EngineOptions([binFolder]) { IsSystemSearched = false }).Find("postgresql")!;
        foreach (var format in new[] { "plain", "custom" })
            await MustComeBackAsync(withOwnTools, cluster, await withOwnTools.CheckAsync(cluster.Settings("shop"), default), format, $"pg_dump {serverMajor}.0");
    }

    private static async Task MustRefuseAsync(IDatabaseEngine engine, PostgresCluster cluster, SourceCheck check, string format, int serverMajor)
    {
        check.Problem.ShouldNotBeNull().Code.ShouldBe("tool-too-old");
        check.Problem!.Next.ShouldContain($"postgresql-client-{serverMajor}");
        (await Should.ThrowAsync<ProblemException>(() => Dumping.DumpAsync(engine, cluster.Settings("shop"), format))).Problem.Code.ShouldBe("tool-too-old");
    }

    private static async Task MustComeBackAsync(IDatabaseEngine engine, PostgresCluster cluster, SourceCheck check, string format, string tool)
    {
        check.Problem.ShouldBeNull();
        var before = await DatabaseFingerprint.TakeAsync(cluster.ConnectionString("shop"));
        var dump = await Dumping.DumpAsync(engine, cluster.Settings("shop"), format);
        var request = Dumping.Request(cluster.Settings("shop"), "shop", format) with
        {
            Origin = new DumpOrigin("postgresql", check.EngineVersion, tool, format, "shop", null),
        };
        using var spool = new TempFolder();
        foreach (var connections in new[] { 1, 2 })
        {
            var log = new RecordingLog();
            await engine.RestoreAsync(request with { ParallelConnections = connections, SpoolFolder = spool.File("spool") }, new MemoryStream(dump), log, default);
            (await DatabaseFingerprint.TakeAsync(cluster.ConnectionString("shop"))).DifferencesFrom(before).ShouldBeEmpty();
            log.Text.Contains("Restoring over 2 connections at once", StringComparison.Ordinal).ShouldBe(connections == 2 && format == "custom");
        }
    }
}
