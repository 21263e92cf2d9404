using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Core;
using Vault.Server.Database;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Jobs;
using Vault.Server.Features.Sources;
using Xunit;

namespace Vault.Server.Tests.Sources;

public sealed class SourceServiceTests : IAsyncDisposable
{
    private const string Canary = "canary-7f3a-password";

    private readonly TestVault vault = new();

    private SourceService Sources => vault.Get<SourceService>();

    public ValueTask DisposeAsync() => vault.DisposeAsync();

    [Fact]
    public async Task A_password_is_stored_wrapped_and_opens_for_the_run_that_needs_it()
    {
        var id = (await Sources.SaveAsync(null, Postgres("shop"), TestVault.Admin)).Value;

        (await Sources.OpenSettingsAsync(id))["password"].ShouldBe(Canary);
        await using var db = vault.OpenDatabase();
        var row = await db.Sources.SingleAsync();
        row.SettingsJson.ShouldNotContain("password");
        row.WrappedSecrets!.ShouldStartWith("v1.");
    }

    [Fact]
    public async Task No_page_log_line_or_file_holds_the_password()
    {
        var visitor = await vault.SignInAsync();
        var id = (await Sources.SaveAsync(null, Postgres("shop"), TestVault.Admin)).Value;
        await Sources.CheckAsync(id, Postgres("shop"), TestContext.Current.CancellationToken);
        Sources.ReadUrl($"postgres://ada:{Canary}@db.example:5432/shop");
        Sources.ReadUrl($"mysql://ada:{Canary}@db.example/shop").Problem?.ToString().ShouldNotContain(Canary);
        (await Sources.SaveAsync(null, Postgres("shop"), TestVault.Admin)).Problem!.ToString().ShouldNotContain(Canary);

        foreach (var page in new[] { "/sources", $"/sources/{id}", "/settings", "/settings/vault", "/audit", "/destinations" })
            (await visitor.Http.GetStringAsync(page)).ShouldNotContain(Canary);
        (await Sources.FindAsync(id))!.Form.Values["password"].ShouldBeNull();
        vault.Log.ShouldNotContain(Canary);
        vault.Log.ShouldNotContain(TestVault.Password);
        vault.Log.ShouldNotContain(TestVault.Key);
        foreach (var file in Directory.GetFiles(Path.Combine(vault.Folder, "data")).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
            (await ReadSharedAsync(file)).ShouldNotContain(Canary, customMessage: file);
    }

    [Fact]
    public async Task An_empty_password_keeps_the_stored_one()
    {
        var id = (await Sources.SaveAsync(null, Postgres("shop"), TestVault.Admin)).Value;
        (await Sources.SaveAsync(id, Postgres("renamed", password: null), TestVault.Admin)).Problem.ShouldBeNullProblem();
        (await Sources.OpenSettingsAsync(id))["password"].ShouldBe(Canary);
    }

    [Theory]
    [InlineData("host", "evil.example")]
    [InlineData("port", "5433")]
    [InlineData("user", "mallory")]
    [InlineData("sslmode", "disable")]
    public async Task A_stored_password_is_not_sent_to_another_place(string setting, string value)
    {
        var id = (await Sources.SaveAsync(null, Postgres("shop"), TestVault.Admin)).Value;
        var moved = Postgres("shop", password: null);
        moved = moved with { Values = moved.Values.With(setting, value) };

        (await Sources.SaveAsync(id, moved, TestVault.Admin)).Problem.ShouldBeProblem("secret-needed");
        (await Sources.CheckAsync(id, moved, TestContext.Current.CancellationToken)).Problem.ShouldBeProblem("secret-needed");
        (await Sources.SaveAsync(id, moved with { Values = moved.Values.With("password", "new") }, TestVault.Admin)).Problem.ShouldBeNullProblem();
    }

    [Fact]
    public async Task Passwords_that_were_swapped_between_two_sources_do_not_open()
    {
        var first = (await Sources.SaveAsync(null, Postgres("first"), TestVault.Admin)).Value;
        var second = (await Sources.SaveAsync(null, Postgres("second", "another secret"), TestVault.Admin)).Value;
        await using (var db = vault.OpenDatabase())
        {
            var (a, b) = ((await db.Sources.FindAsync(first))!, (await db.Sources.FindAsync(second))!);
            (a.WrappedSecrets, b.WrappedSecrets) = (b.WrappedSecrets, a.WrappedSecrets);
            await db.SaveChangesAsync();
        }

        foreach (var id in new[] { first, second })
            (await Should.ThrowAsync<ProblemException>(() => Sources.OpenSettingsAsync(id))).Problem.Code.ShouldBe("value-damaged");
    }

    [Fact]
    public async Task A_source_that_a_job_uses_is_not_deleted_and_the_job_is_named()
    {
        var id = (await Sources.SaveAsync(null, Postgres("shop"), TestVault.Admin)).Value;
        var destination = (await vault.Get<DestinationService>().SaveAsync(null, Local("disk"), TestVault.Admin)).Value;
        await using (var db = vault.OpenDatabase())
        {
            db.Add(new Job { Id = Guid.NewGuid(), Name = "nightly", SourceId = id, DestinationId = destination, DumpFormat = "plain", Compression = "GZIP", TimeZone = "UTC" });
            await db.SaveChangesAsync();
        }

        var refused = await Sources.DeleteAsync(id, TestVault.Admin);
        refused.ShouldBeProblem("source-in-use");
        refused!.Message.ShouldContain("\"nightly\"");
        (await vault.Get<DestinationService>().DeleteAsync(destination, TestVault.Admin)).ShouldBeProblem("destination-in-use");
    }

    [Fact]
    public async Task A_destination_says_how_much_is_free()
    {
        var id = (await vault.Get<DestinationService>().SaveAsync(null, Local("disk"), TestVault.Admin)).Value;
        var space = await vault.Get<DestinationService>().FindSpaceAsync(id, TestContext.Current.CancellationToken);
        space.Value.FreeBytes.ShouldNotBeNull().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_wrong_or_missing_field_is_named_and_nothing_is_saved()
    {
        var form = Postgres("shop");
        (await Sources.SaveAsync(null, form with { Values = form.Values.With("port", "many") }, TestVault.Admin)).Problem.ShouldBeProblem("setting-invalid");
        (await Sources.SaveAsync(null, form with { Values = form.Values.With("database", "") }, TestVault.Admin)).Problem.ShouldBeProblem("setting-invalid");
        (await Sources.SaveAsync(null, form with { Name = " " }, TestVault.Admin)).Problem.ShouldBeProblem("name-missing");
        (await Sources.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Cookie_keys_are_wrapped_too()
    {
        await vault.SignInAsync();
        await using var db = vault.OpenDatabase();
        (await db.DataProtectionKeys.ToListAsync()).ShouldAllBe(k => k.WrappedXml.StartsWith("v1."));
        (await db.DataProtectionKeys.CountAsync()).ShouldBeGreaterThan(0);
        vault.Get<WrappedKeyRepository>().GetAllElements().ShouldAllBe(e => e.Name.LocalName == "key");
    }

    private static SourceForm Postgres(string name, string? password = Canary)
    {
        var values = new Dictionary<string, string> { ["host"] = "127.0.0.1", ["port"] = "1", ["database"] = "shop", ["user"] = "ada", ["sslmode"] = "prefer" };
        if (password is not null)
            values["password"] = password;
        return new(name, "postgresql", new SettingValues(values));
    }

    private DestinationForm Local(string name) =>
        new(name, "local", new SettingValues(new Dictionary<string, string> { ["folder"] = Path.Combine(vault.Folder, "backups") }));

    private static async Task<string> ReadSharedAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, System.Text.Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }
}
