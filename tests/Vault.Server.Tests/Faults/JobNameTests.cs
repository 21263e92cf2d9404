using Shouldly;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Runs;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Faults;

public sealed class JobNameTests(PostgresServer postgres) : IDisposable
{
    private static readonly string[] Names =
    [
        "shop db", "shopdb", "shop  db", "Shop DB", "SHOP-DB", "shop_db", "shop\tdb", "shop\u00A0db", // blanks of all kinds
        "sh\u043Ep db", "s\u200Bhop db", "ｓｈｏｐ db", // Cyrillic o, zero-width space, full-width letters
        "../shop db", "/etc/passwd", "..", ".", "a/b/../../c", "shop.db.meta.json", "shop.partial", "-rf *", "C:\\shop", "CON",
        "\U0001F468\u200D\U0001F469\u200D\U0001F467 \U0001F4BE", "\u202Egnp.bd", "店", "'; DROP TABLE \"Jobs\"; --", "<script>alert(1)</script>",
    ];

    private readonly TempFolder folder = new();

    public static string OfManyLetters { get; } = new('x', 200);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Jobs_with_every_kind_of_look_alike_name_run_at_once_and_each_backup_is_its_own()
    {
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings("postgres"));
        var names = Names.Append(OfManyLetters).Append(OfManyLetters[1..] + "y").ToList();
        var jobs = new List<(string Name, Guid JobId, string Database)>();
        foreach (var name in names) jobs.Add(await AddAsync(scene, name, rows: 10 + jobs.Count));

        var runs = await Task.WhenAll(jobs.Select(async job => (job, Run: await scene.RunJobAsync(job.JobId))));

        (await scene.Vault.Backups.ListAsync(new BackupFilter())).Select(row => row.Copies[0].Copy.ObjectName).Distinct().Count().ShouldBe(names.Count);
        scene.Vault.StoredFiles.Count.ShouldBe(2 * names.Count);
        Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order().ShouldBe(["backups", "data", "key"]);
        for (var at = 0; at < runs.Length; at++) await MustBeItsOwnAsync(scene, runs[at].job.Name, runs[at].Run, rows: 10 + at, doRestore: at < 4 || at % 7 == 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("Shop ")]
    public async Task A_name_that_is_empty_or_taken_but_for_blanks_around_it_is_refused(string name)
    {
        await using var scene = await Scene.StartAsync(folder, postgres.Cluster.Settings("postgres"));
        var job = (await scene.Vault.Jobs.FindAsync(scene.JobId))!;
        var input = new Vault.Server.Features.Jobs.JobInput(name, job.SourceId, job.DestinationId, job.ProfileId, "plain", "GZIP", 1, null, null, "UTC", true);
        (await scene.Vault.Jobs.AddAsync(input, Scene.Ada)).Problem.ShouldNotBeNull().Next.ShouldNotBeNullOrEmpty();
    }

    private async Task<(string, Guid, string)> AddAsync(Scene scene, string name, int rows)
    {
        var database = await postgres.MakeDatabaseAsync(rows);
        var source = await scene.Vault.AddSourceAsync(database, "postgresql", postgres.Cluster.Settings(database));
        return (name, await scene.Vault.AddJobAsync(name, source, scene.DestinationId, scene.ProfileId), database);
    }

    private async Task MustBeItsOwnAsync(Scene scene, string name, Run run, int rows, bool doRestore)
    {
        await scene.ShouldSucceedAsync(run);
        var backup = (await scene.Vault.Backups.FindAsync(run.BackupId!.Value))!;
        backup.Backup.JobName.ShouldBe(name.Trim());
        BackupRows.TablesOf(backup.Backup).ShouldHaveSingleItem().Rows.ShouldBe(rows);
        if (!doRestore) return;
        var copy = $"copy {Guid.NewGuid():N}";
        await scene.ShouldSucceedAsync(await scene.RestoreAsync(backup, copy));
        (await postgres.Cluster.ScalarAsync<long>(copy, "SELECT count(*) FROM orders")).ShouldBe(rows);
    }
}
