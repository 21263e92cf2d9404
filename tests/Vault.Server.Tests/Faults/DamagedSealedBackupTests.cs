using Shouldly;
using Vault.Server.Features.Runs;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Faults;

/// <summary>A sealed file that is damaged is refused and leaves the target as it was; whatever happens to its metadata costs nothing.</summary>
public sealed class DamagedSealedBackupTests(OneSealedBackup one, PostgresServer postgres) : IClassFixture<OneSealedBackup>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await one.MendAsync();

    public ValueTask DisposeAsync()
    {
        File.Delete(one.FilePath);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("first byte", "seal-header", false)]
    [InlineData("middle byte", "tag-mismatch", false)]
    [InlineData("last byte", "tag-mismatch", false)]
    [InlineData("cut by one", "tag-mismatch", false)]
    [InlineData("cut to nothing", "file-truncated", false)]
    [InlineData("longer by one", "tag-mismatch", false)]
    [InlineData("file gone", "object-missing", false)]
    [InlineData("both of another", "backup-exchanged", true)]
    public async Task What_is_damaged_is_refused_and_the_target_is_as_it_was(string damage, string code, bool mayStartTool)
    {
        await DamagedBackupTests.Damages[damage](one);
        var (starts, before) = (one.ToolStarts, await PrintAsync(one.Database));
        var run = await one.Scene.RestoreAsync(one.Backup, one.Database);
        await one.Scene.ShouldBeRedAsync(run, code);
        one.ToolStarts.ShouldBe(starts + (mayStartTool ? 1 : 0));
        (await PrintAsync(one.Database)).DifferencesFrom(before).ShouldBeEmpty();
        (await postgres.Cluster.ScalarAsync<long>("postgres", $"SELECT count(*) FROM pg_database WHERE datname LIKE 'vault_restore_%{run.Id.ToString("n")[^12..]}%'")).ShouldBe(0);
    }

    [Theory]
    [InlineData("metadata gone")]
    [InlineData("metadata garbage")]
    [InlineData("metadata empty")]
    [InlineData("metadata huge")]
    [InlineData("metadata deep")]
    [InlineData("metadata from the future")]
    [InlineData("metadata of another")]
    [InlineData("says not encrypted")]
    [InlineData("algorithm")]
    [InlineData("tag bit")]
    [InlineData("iv bit")]
    [InlineData("no tag")]
    public async Task Metadata_that_is_lost_or_wrong_costs_nothing(string damage)
    {
        await DamagedBackupTests.Damages[damage](one);
        var copy = $"{one.Database} {damage}";
        await one.Scene.ShouldSucceedAsync(await one.Scene.RestoreAsync(one.Backup, copy));
        (await postgres.Cluster.ScalarAsync<long>(copy, "SELECT count(*) FROM orders")).ShouldBe(3000);
    }

    private async Task<DatabaseFingerprint> PrintAsync(string database) => await DatabaseFingerprint.TakeAsync(postgres.Cluster.ConnectionString(database));
}
