using Shouldly;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.Sqlite;

public sealed class SqliteRestoreTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Source => folder.File("shop.db");

    private string Target => folder.File("target's #%.db");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Into_a_new_file()
    {
        SqliteFixture.MakeShop(Source);
        var dump = await SqliteFixture.DumpAsync(Source);
        var outcome = await SqliteFixture.Engine.RestoreAsync(SqliteFixture.Request(Target), new MemoryStream(dump), new RecordingLog(), default);
        outcome.KeptAs.ShouldBeNull();
        SqliteFixture.HashOf(Target).ShouldBe(SqliteFixture.HashOf(Source));
        Convert.ToString((int)File.GetUnixFileMode(Target), 8).ShouldBe("600");
        Hidden().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("wal", 4096)]
    [InlineData("delete", 4096)]
    [InlineData("delete", 1024)]
    public async Task Into_a_living_file_whose_old_content_is_kept(string mode, int pageBytes)
    {
        SqliteFixture.MakeShop(Source);
        var dump = await SqliteFixture.DumpAsync(Source);
        SqliteFixture.MakeShop(Target, mode, rows: 77, pageBytes: pageBytes);
        var old = SqliteFixture.HashOf(Target);
        using var visitor = SqliteFixture.Open(Target);
        visitor.Ask<long>("SELECT count(*) FROM customers").ShouldBe(77);

        var plan = await SqliteFixture.Engine.PlanRestoreAsync(SqliteFixture.Request(Target), default);
        plan.Problem.ShouldBeNull();
        plan.Action.ShouldBe(RestoreAction.Replace);
        var outcome = await SqliteFixture.Engine.RestoreAsync(SqliteFixture.Request(Target), new MemoryStream(dump), new RecordingLog(), default);

        visitor.Ask<long>("SELECT count(*) FROM customers").ShouldBe(5000);
        visitor.Ask<string>("PRAGMA integrity_check").ShouldBe("ok");
        SqliteFixture.HashOf(Target).ShouldBe(SqliteFixture.HashOf(Source));
        SqliteFixture.HashOf(outcome.KeptAs.ShouldNotBeNull()).ShouldBe(old);
        Hidden().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("../elsewhere/new.db", "target-outside")]
    [InlineData("/etc/vault-was-here", "target-outside")]
    [InlineData("link/new.db", "target-outside")]
    [InlineData("link-to-file.db", "target-outside")]
    [InlineData("vault/vault.db", "target-forbidden")]
    [InlineData("link-to-vault/new.db", "target-forbidden")]
    public async Task Only_beside_the_source_and_never_into_Vaults_own_folder(string path, string code)
    {
        using var elsewhere = new TempFolder();
        Directory.CreateDirectory(folder.File("vault"));
        SqliteFixture.MakeShop(Source, rows: 5);
        SqliteFixture.MakeShop(elsewhere.File("other.db"), rows: 5);
        Directory.CreateSymbolicLink(folder.File("link"), elsewhere.Path);
        Directory.CreateSymbolicLink(folder.File("link-to-vault"), "vault");
        File.CreateSymbolicLink(folder.File("link-to-file.db"), elsewhere.File("other.db"));
        var engine = EngineRegistry.Create(EngineOptions.Default with { ForbiddenFolders = [folder.File("vault")] }).Find("sqlite")!;
        var request = SqliteFixture.Request(Source) with { Database = Path.Combine(folder.Path, path) };
        (await engine.PlanRestoreAsync(request, default)).Problem.ShouldNotBeNull().Code.ShouldBe(code);
        var dump = await SqliteFixture.DumpAsync(Source);
        (await Should.ThrowAsync<ProblemException>(() => engine.RestoreAsync(request, new MemoryStream(dump), new RecordingLog(), default))).Problem.Code.ShouldBe(code);
        File.Exists(Path.Combine(folder.Path, path)).ShouldBe(path == "link-to-file.db");
    }

    [Fact]
    public async Task Restores_within_one_second_keep_every_old_content()
    {
        SqliteFixture.MakeShop(Source, rows: 50);
        var dump = await SqliteFixture.DumpAsync(Source);
        SqliteFixture.MakeShop(Target, rows: 7);
        var kept = new HashSet<string?>();
        for (var i = 0; i < 4; i++)
            kept.Add((await SqliteFixture.Engine.RestoreAsync(SqliteFixture.Request(Target), new MemoryStream(dump), new RecordingLog(), default)).KeptAs);
        kept.Count.ShouldBe(4);
        kept.ShouldAllBe(path => File.Exists(path));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("garbage")]
    [InlineData("broken page")]
    [InlineData("breaks")]
    public async Task A_restore_that_fails_leaves_the_target_as_it_was(string fault)
    {
        SqliteFixture.MakeShop(Source);
        var dump = await SqliteFixture.DumpAsync(Source);
        SqliteFixture.MakeShop(Target, rows: 77);
        var old = SqliteFixture.HashOf(Target);
        Stream stream = fault switch
        {
            "cut" => new MemoryStream(dump[..(dump.Length / 2)]),
            "garbage" => new MemoryStream(new byte[100_000]),
            "broken page" => new MemoryStream([.. dump[..40960], .. new byte[40960], .. dump[81920..]]),
            _ => new Breaking(dump),
        };
        await Should.ThrowAsync<Exception>(() => SqliteFixture.Engine.RestoreAsync(SqliteFixture.Request(Target), stream, new RecordingLog(), default));
        SqliteFixture.HashOf(Target).ShouldBe(old);
        Hidden().ShouldBeEmpty();
        Directory.GetFiles(folder.Path, "*.before-*").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_target_that_is_locked_is_told_and_left()
    {
        SqliteFixture.MakeShop(Source);
        var dump = await SqliteFixture.DumpAsync(Source);
        SqliteFixture.MakeShop(Target, "delete", rows: 77);
        using (var holder = SqliteFixture.Open(Target))
        {
            holder.Run("BEGIN; SELECT count(*) FROM customers; UPDATE customers SET name = name WHERE id = 1");
            var error = await Should.ThrowAsync<ProblemException>(() =>
                SqliteFixture.Engine.RestoreAsync(SqliteFixture.Request(Target), new MemoryStream(dump), new RecordingLog(), default));
            error.Problem.Code.ShouldBe("database-locked");
        }

        using var after = SqliteFixture.Open(Target);
        after.Ask<long>("SELECT count(*) FROM customers").ShouldBe(77);
        Directory.GetFiles(folder.Path, "*.before-*").ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_killed_restore_left_is_cleaned_up()
    {
        var request = SqliteFixture.Request(Target);
        var shadow = $"{Target}.vault-restore-{request.RunId.ToString("N")[..12]}";
        await File.WriteAllTextAsync(shadow, "half");
        (await SqliteFixture.Engine.CleanUpRestoreAsync(request, default)).ShouldHaveSingleItem().ShouldContain(shadow);
        File.Exists(shadow).ShouldBeFalse();
        (await SqliteFixture.Engine.CleanUpRestoreAsync(request, default)).ShouldBeEmpty();
    }

    private string[] Hidden() => Directory.GetFiles(folder.Path, "*.vault-restore-*");

    private sealed class Breaking(byte[] content) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position > Length / 2 ? throw new InvalidDataException("the tag does not match") : base.ReadAsync(buffer[..Math.Min(buffer.Length, 10_000)], cancellationToken);
    }
}
