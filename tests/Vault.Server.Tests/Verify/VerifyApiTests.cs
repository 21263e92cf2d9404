using System.Net;
using System.Text.Json;
using Shouldly;
using Vault.Core;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Verify;

public sealed class VerifyApiTests : IAsyncDisposable
{
    private readonly TestVault vault = new();

    public ValueTask DisposeAsync() => vault.DisposeAsync();

    [Theory]
    [InlineData(AccountRole.Operator)]
    [InlineData(AccountRole.Admin)]
    public async Task A_program_of_an_operator_starts_a_verify_and_is_told_the_run(AccountRole role)
    {
        var visitor = await vault.SignInAsync(role);
        var backup = await AddBackupAsync();
        var answer = await visitor.Http.PostAsync($"/backups/{backup}/verify", null);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var runId = json.RootElement.GetProperty("runIds")[0].GetGuid();
        answer.Headers.Location!.ToString().ShouldBe($"/runs/{runId}");
        var runs = vault.Get<RunService>();
        var run = (await runs.FindAsync(runId))!;
        (run.Kind, run.BackupId, run.StartedBy).ShouldBe((RunKind.Verify, backup, role.ToString().ToLowerInvariant()));
        await Eventually.TrueAsync(async () => (await runs.FindAsync(runId))!.State == RunState.Failed, "the run has found that there is no such file");
        (await (await visitor.GetAsync($"/runs/{runId}/log.txt")).Content.ReadAsStringAsync()).ShouldContain("does not hold");
    }

    [Fact]
    public async Task A_viewer_a_stranger_and_a_page_of_another_origin_start_nothing()
    {
        await vault.SignInAsync();
        var backup = await AddBackupAsync();
        (await (await vault.SignInAsync(AccountRole.Viewer)).Http.PostAsync($"/backups/{backup}/verify", null)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await vault.Visit().Http.PostAsync($"/backups/{backup}/verify", null)).StatusCode.ShouldNotBe(HttpStatusCode.Accepted);
        using var foreign = new HttpRequestMessage(HttpMethod.Post, $"/backups/{backup}/verify");
        foreign.Headers.Add("Origin", "http://localhost:3000");
        (await (await vault.SignInAsync()).Http.SendAsync(foreign)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await vault.Get<RunService>().ListAsync(new RunFilter(), 0, 10)).Total.ShouldBe(0);
    }

    [Fact]
    public async Task A_backup_that_is_not_there_is_told_as_that()
    {
        var answer = await (await vault.SignInAsync()).Http.PostAsync($"/backups/{Guid.NewGuid()}/verify", null);
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("backup-missing");
    }

    /// <summary>A row whose file the destination does not have.</summary>
    private async Task<Guid> AddBackupAsync()
    {
        var settings = new SettingValues(new Dictionary<string, string> { ["folder"] = Path.Combine(vault.Folder, "backups") });
        var destination = (await vault.Get<DestinationService>().SaveAsync(null, new DestinationForm("disk", "local", settings), TestVault.Admin)).Value;
        var backup = new Backup { Id = Guid.CreateVersion7(), JobName = "Shop", SourceName = "Shop", Engine = "postgresql", Databases = "shop", DumpFormat = "plain", Compression = "GZIP", State = BackupState.Found };
        backup.Copies.Add(BackupRows.CopyOf(backup.Id, "shop/a.sql.gz", 10, destination));
        await using var db = vault.OpenDatabase();
        db.Backups.Add(backup);
        await db.SaveChangesAsync();
        return backup.Id;
    }
}
