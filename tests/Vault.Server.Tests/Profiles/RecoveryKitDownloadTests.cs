using System.Net;
using Shouldly;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Overview;
using Vault.Server.Features.Profiles;
using Xunit;

namespace Vault.Server.Tests.Profiles;

/// <summary>Who gets a Recovery Kit, how often, and what is left behind.</summary>
public sealed class RecoveryKitDownloadTests : IAsyncDisposable
{
    private readonly TestVault vault = new();

    private ProfileService Profiles => vault.Get<ProfileService>();

    private RecoveryKitService Kits => vault.Get<RecoveryKitService>();

    public ValueTask DisposeAsync() => vault.DisposeAsync();

    [Fact]
    public async Task A_ticket_is_good_for_one_download_and_the_profile_remembers_it()
    {
        var (admin, id) = await StartAsync();
        var ticket = await TicketAsync(id);
        (await Profiles.ListAsync())[0].IsOnlyHere.ShouldBeTrue();
        (await NeedsAsync()).ShouldContain(need => need.Contains("exists in this vault only"));

        var answer = await Kit.PostAsync(admin, ticket.Word);
        await Kit.ReadAsync(answer);
        (await ticket.Sent.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBeTrue();

        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/zip");
        (await Profiles.ListAsync())[0].KitDownloadedAt.ShouldNotBeNull();
        (await Profiles.ListAsync())[0].IsOnlyHere.ShouldBeFalse();
        (await NeedsAsync()).ShouldNotContain(need => need.Contains("exists in this vault only"));
        await IsRefusedAsync(await Kit.PostAsync(admin, ticket.Word));
        (await OutcomesAsync()).ShouldBe(["refused: kit-ticket-over", "succeeded"]);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_and_recorded_and_five_lock_the_account()
    {
        var (_, id) = await StartAsync();
        for (var i = 0; i < 5; i++)
            (await Kits.PermitAsync(id, "a wrong password", TestVault.Admin)).Problem.ShouldBeProblem("wrong-password");
        (await Kits.PermitAsync(id, TestVault.Password, TestVault.Admin)).Problem.ShouldBeProblem("wrong-password");
        (await OutcomesAsync()).ShouldAllBe(outcome => outcome == "refused: wrong password");
        (await OutcomesAsync()).Count.ShouldBe(6);
        (await Kit.DownloadedAtAsync(vault, id)).ShouldBeNull();
    }

    [Theory]
    [InlineData(AccountRole.Viewer)]
    [InlineData(AccountRole.Operator)]
    public async Task Only_an_admin_gets_a_kit_also_with_somebody_elses_ticket(AccountRole role)
    {
        var (_, id) = await StartAsync();
        var visitor = await vault.SignInAsync(role);
        var actor = new Actor(role.ToString().ToLowerInvariant(), "127.0.0.1");

        (await Kits.PermitAsync(id, TestVault.Password, actor)).Problem.ShouldBeProblem("not-allowed");
        (await Kit.PostAsync(visitor, (await TicketAsync(id)).Word)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await OutcomesAsync()).ShouldBe(["refused: no admin"]);
    }

    [Fact]
    public async Task A_ticket_of_another_admin_is_refused_and_spent()
    {
        var (admin, id) = await StartAsync();
        (await vault.Get<AccountService>().CreateAsync("second", TestVault.Password, AccountRole.Admin, TestVault.Admin)).ShouldBeNullProblem();
        var ticket = await TicketAsync(id, new Actor("second", "127.0.0.1"));
        await IsRefusedAsync(await Kit.PostAsync(admin, ticket.Word));
        vault.Get<RecoveryKitTickets>().Redeem(ticket.Word, new Actor("second", null)).ShouldBeNull();
    }

    [Fact]
    public async Task An_admin_who_lost_the_role_since_the_password_was_typed_gets_nothing()
    {
        var (admin, id) = await StartAsync();
        var ticket = await TicketAsync(id);
        await using (var db = vault.OpenDatabase())
        {
            db.Users.Single().Role = AccountRole.Viewer;
            await db.SaveChangesAsync();
        }
        await IsRefusedAsync(await Kit.PostAsync(admin, ticket.Word));
        (await OutcomesAsync()).ShouldBe(["refused: not-allowed"]);
        (await ticket.Sent).ShouldBeFalse();
    }

    [Fact]
    public async Task A_profile_that_was_deleted_meanwhile_has_no_kit()
    {
        var (admin, id) = await StartAsync();
        var ticket = await TicketAsync(id);
        (await Profiles.DeleteAsync(id, null, TestVault.Admin)).ShouldBeNullProblem();
        await IsRefusedAsync(await Kit.PostAsync(admin, ticket.Word));
        (await OutcomesAsync()).ShouldBe(["refused: profile-missing"]);
        (await Kits.PermitAsync(id, TestVault.Password, TestVault.Admin)).Problem.ShouldBeProblem("profile-missing");
    }

    [Fact]
    public void A_ticket_is_over_after_a_minute()
    {
        var clock = new HandClock();
        var tickets = new RecoveryKitTickets(clock);
        var (inTime, late) = (tickets.Issue(Guid.NewGuid(), TestVault.Admin), tickets.Issue(Guid.NewGuid(), TestVault.Admin));
        clock.Now += RecoveryKitTickets.Lifetime - TimeSpan.FromTicks(1);
        tickets.Redeem(inTime.Word, TestVault.Admin).ShouldBe(inTime);
        clock.Now += TimeSpan.FromTicks(1);
        tickets.Redeem(late.Word, TestVault.Admin).ShouldBeNull();
    }

    [Fact]
    public async Task It_answers_to_no_GET_no_stranger_and_no_form_of_another_site()
    {
        var (admin, id) = await StartAsync();
        var ticket = await TicketAsync(id);

        (await admin.GetAsync($"{Kit.Address}?ticket={ticket.Word}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await admin.PostAsync(Kit.Address, new() { ["ticket"] = ticket.Word })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await Kit.PostAsync(vault.Visit(), ticket.Word)).Headers.Location!.ToString().ShouldContain("/sign-in");
        (await Kit.DownloadedAtAsync(vault, id)).ShouldBeNull();
        (await Kit.PostAsync(admin, ticket.Word)).StatusCode.ShouldBe(HttpStatusCode.OK, "none of them spent it");
    }

    [Fact]
    public async Task Who_comes_too_late_reads_in_words_what_to_do()
    {
        var (admin, _) = await StartAsync();
        admin.Http.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        var answer = await Kit.PostAsync(admin, "no ticket");
        answer.StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("This download is over");
    }

    [Fact]
    public async Task A_download_that_breaks_off_leaves_the_profile_without_a_kit()
    {
        var (_, id) = await StartAsync();
        var ticket = await TicketAsync(id);
        var opened = (await Kits.OpenAsync(ticket.Word, "http://localhost", TestVault.Admin)).Value;

        await Should.ThrowAsync<IOException>(() => Kits.SendAsync(opened, new BrokenStream(2000), CancellationToken.None));

        (await ticket.Sent).ShouldBeFalse();
        (await Kit.DownloadedAtAsync(vault, id)).ShouldBeNull();
        (await OutcomesAsync()).ShouldBe(["succeeded"], "the key may have gone out");
    }

    [Fact]
    public async Task After_it_was_sent_its_bytes_are_zeroed()
    {
        var (_, id) = await StartAsync();
        var opened = (await Kits.OpenAsync((await TicketAsync(id)).Word, "http://localhost", TestVault.Admin)).Value;
        var content = opened.Zip.Content;
        using var sent = new MemoryStream();

        await Kits.SendAsync(opened, sent, CancellationToken.None);

        sent.ToArray().ShouldContain(b => b != 0);
        content.ToArray().ShouldAllBe(b => b == 0);
    }

    [Fact]
    public async Task Neither_the_key_nor_the_password_stands_in_a_log_or_in_the_audit()
    {
        var (admin, id) = await StartAsync();
        await Kits.PermitAsync(id, "canary wrong password", TestVault.Admin);
        await Kit.DownloadAsync(vault, admin, id);

        vault.Log.ShouldContain("/settings/vault/recovery-kit", customMessage: "the log was watched");
        var entries = (await vault.Get<AuditLog>().ListAsync(new(null, null), 0, 100)).Entries;
        var said = vault.Log + string.Join('\n', entries.Select(e => $"{e.Subject} {e.Outcome}"));
        foreach (var secret in new[] { await Kit.KeyOfAsync(vault, id), "canary wrong password", TestVault.Password })
            said.ShouldNotContain(secret);
    }

    private async Task<(Visitor Admin, Guid ProfileId)> StartAsync()
    {
        var admin = await vault.SignInAsync();
        return (admin, (await Profiles.CreateAsync("Home key", TestVault.Admin)).Value);
    }

    private async Task<RecoveryKitTicket> TicketAsync(Guid profileId, Actor? actor = null) =>
        (await Kits.PermitAsync(profileId, TestVault.Password, actor ?? TestVault.Admin)).Value;

    private async Task<IReadOnlyList<string>> OutcomesAsync() =>
        [.. (await vault.Get<AuditLog>().ListAsync(new(null, "recovery-kit-downloaded"), 0, 20)).Entries.Select(e => e.Outcome)];

    private async Task<IReadOnlyList<string>> NeedsAsync() =>
        [.. (await vault.Get<OverviewService>().LookAsync(CancellationToken.None)).Needs.Select(n => n.Text)];

    private static async Task IsRefusedAsync(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    private sealed class HandClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    /// <summary>A connection that is lost after some bytes.</summary>
    private sealed class BrokenStream(int goodBytes) : MemoryStream
    {
        public override bool CanSeek => false;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Length + buffer.Length > goodBytes ? throw new IOException("The connection is gone.") : base.WriteAsync(buffer, cancellationToken);
    }
}
