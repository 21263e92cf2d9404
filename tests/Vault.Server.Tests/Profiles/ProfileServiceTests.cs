using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Core.Formats;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Profiles;
using Xunit;

namespace Vault.Server.Tests.Profiles;

public sealed class ProfileServiceTests : IAsyncDisposable
{
    private static readonly string Hex = string.Concat(Enumerable.Repeat("c0ffee01", 8));

    private readonly TestVault vault = new();

    private ProfileService Profiles => vault.Get<ProfileService>();

    public ValueTask DisposeAsync() => vault.DisposeAsync();

    [Fact]
    public async Task A_key_is_shown_only_for_the_own_password_and_the_audit_log_tells_both()
    {
        await vault.SignInAsync();
        var id = (await Profiles.CreateAsync("main", TestVault.Admin)).Value;

        (await Profiles.RevealAsync(id, "a wrong password", TestVault.Admin)).Problem.ShouldBeProblem("wrong-password");
        var hex = (await Profiles.RevealAsync(id, TestVault.Password, TestVault.Admin)).Value;

        hex.ShouldMatch("^[0-9a-f]{64}$");
        using var key = await Profiles.OpenKeyAsync(id);
        key.RevealHex().ShouldBe(hex);
        var reveals = await vault.Get<AuditLog>().ListAsync(new(null, "key-revealed"), 0, 10);
        reveals.Entries.Select(e => e.Outcome).ShouldBe(["succeeded", "refused: wrong password"]);
        vault.Log.ShouldNotContain(hex);
    }

    [Fact]
    public async Task Five_wrong_passwords_lock_the_account_so_that_keys_cannot_be_guessed_out_of_an_open_page()
    {
        await vault.SignInAsync();
        var id = (await Profiles.CreateAsync("main", TestVault.Admin)).Value;
        for (var i = 0; i < 5; i++)
            await Profiles.RevealAsync(id, "a wrong password", TestVault.Admin);
        (await Profiles.RevealAsync(id, TestVault.Password, TestVault.Admin)).Problem.ShouldBeProblem("wrong-password");
    }

    [Fact]
    public async Task A_new_profile_seals_and_its_owner_may_choose_standard()
    {
        var id = (await Profiles.CreateAsync("main", TestVault.Admin)).Value;
        (await Profiles.ListAsync())[0].Format.ShouldBe("sealed");
        (await Profiles.SetFormatAsync(id, EncryptionFormat.Standard, TestVault.Admin)).ShouldBeNullProblem();
        (await Profiles.ListAsync())[0].Format.ShouldBe("standard");
    }

    [Fact]
    public async Task A_new_profile_nags_until_its_owner_says_that_the_key_is_stored_elsewhere()
    {
        var id = (await Profiles.CreateAsync("main", TestVault.Admin)).Value;
        (await Profiles.ListAsync())[0].KeyCopiedAt.ShouldBeNull();
        (await Profiles.MarkCopiedAsync(id, TestVault.Admin)).ShouldBeNullProblem();
        (await Profiles.ListAsync())[0].KeyCopiedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task An_imported_key_may_have_blanks_and_capitals_and_the_same_key_is_recognised()
    {
        var first = (await Profiles.ImportAsync("old server", Hex, TestVault.Admin)).Value;
        var spaced = string.Join(' ', Hex.ToUpperInvariant().Chunk(8).Select(c => new string(c))) + "\n";
        var second = (await Profiles.ImportAsync("again", spaced, TestVault.Admin)).Value;

        first.SameKeyNames.ShouldBeEmpty();
        second.SameKeyNames.ShouldBe(["old server"]);
        second.Id.ShouldNotBe(first.Id);
        (await Profiles.ListAsync()).Select(p => p.KeyFingerprint).Distinct().Count().ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("c0ffee")]
    [InlineData("zzffee01c0ffee01c0ffee01c0ffee01c0ffee01c0ffee01c0ffee01c0ffee01")]
    public async Task What_is_not_a_key_is_refused_without_being_repeated(string hex)
    {
        var problem = (await Profiles.ImportAsync("bad", hex, TestVault.Admin)).Problem.ShouldNotBeNull();
        if (hex.Length > 0)
            problem.ToString().ShouldNotContain(hex);
        (await Profiles.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_profile_that_a_backup_needs_goes_only_when_its_name_is_typed_or_another_has_its_key()
    {
        var id = (await Profiles.ImportAsync("main", Hex, TestVault.Admin)).Value.Id;
        await AddBackupAsync((await Profiles.ListAsync())[0].KeyFingerprint);

        (await Profiles.DeleteAsync(id, null, TestVault.Admin)).ShouldBeProblem("profile-needed");
        (await Profiles.DeleteAsync(id, "mian", TestVault.Admin)).ShouldBeProblem("profile-needed");
        var twin = (await Profiles.ImportAsync("twin", Hex, TestVault.Admin)).Value.Id;
        (await Profiles.DeleteAsync(id, null, TestVault.Admin)).ShouldBeNullProblem();
        (await Profiles.DeleteAsync(twin, "twin", TestVault.Admin)).ShouldBeNullProblem();
    }

    [Fact]
    public async Task A_disabled_profile_still_opens_old_backups()
    {
        var id = (await Profiles.CreateAsync("old", TestVault.Admin)).Value;
        (await Profiles.SetEnabledAsync(id, false, TestVault.Admin)).ShouldBeNullProblem();

        var candidate = (await Profiles.CandidatesAsync()).ShouldHaveSingleItem();
        candidate.ProfileName.ShouldBe("old");
        using var key = candidate.Open();
        key.Fingerprint.ShouldBe((await Profiles.ListAsync())[0].KeyFingerprint);
    }

    [Fact]
    public async Task Two_profiles_do_not_share_a_name()
    {
        var id = (await Profiles.CreateAsync("main", TestVault.Admin)).Value;
        (await Profiles.CreateAsync(" main ", TestVault.Admin)).Problem.ShouldBeProblem("name-taken");
        (await Profiles.CreateAsync("other", TestVault.Admin)).Problem.ShouldBeNullProblem();
        (await Profiles.RenameAsync(id, "other", TestVault.Admin)).ShouldBeProblem("name-taken");
        (await Profiles.RenameAsync(id, "renamed", TestVault.Admin)).ShouldBeNullProblem();
    }

    private async Task AddBackupAsync(string fingerprint)
    {
        await using var db = vault.OpenDatabase();
        db.Add(new Backup
        {
            Id = Guid.NewGuid(), JobName = "nightly", SourceName = "shop", Engine = "postgresql", Databases = "shop", DumpFormat = "plain",
            Compression = "GZIP", IsEncrypted = true, KeyFingerprint = fingerprint,
        });
        await db.SaveChangesAsync();
        (await Profiles.ListAsync())[0].BackupCount.ShouldBe(1);
    }
}
