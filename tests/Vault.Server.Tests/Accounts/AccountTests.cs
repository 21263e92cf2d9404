using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Audit;
using Xunit;

namespace Vault.Server.Tests.Accounts;

public sealed class AccountTests : IAsyncDisposable
{
    private readonly TestVault vault = new();

    public ValueTask DisposeAsync() => vault.DisposeAsync();

    [Theory]
    [InlineData("/")]
    [InlineData("/sources")]
    [InlineData("/sign-in")]
    [InlineData("/no/such/page")]
    [InlineData("/_blazor/negotiate")]
    public async Task On_an_empty_vault_every_page_leads_to_first_start(string path)
    {
        var answer = await vault.Visit().GetAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        Target(answer).ShouldBe("/first-start");
    }

    [Fact]
    public async Task The_first_admin_is_made_and_signed_in_and_the_page_is_gone()
    {
        var visitor = vault.Visit();
        var made = await visitor.SubmitAsync("/first-start",
            ("Input.Name", "ada"), ("Input.Password", TestVault.Password), ("Input.PasswordAgain", TestVault.Password));

        Target(made).ShouldBe("/");
        (await visitor.GetAsync("/sources")).StatusCode.ShouldBe(HttpStatusCode.OK);
        Target(await visitor.GetAsync("/first-start")).ShouldBe("/sign-in");
        (await vault.Get<AccountService>().ListAsync()).ShouldHaveSingleItem().Role.ShouldBe(AccountRole.Admin);
    }

    [Fact]
    public async Task However_many_make_the_first_admin_at_once_one_is_made()
    {
        var visitors = Enumerable.Range(0, 6).Select(_ => vault.Visit()).ToList();
        var forms = new List<Dictionary<string, string>>();
        foreach (var visitor in visitors)
            forms.Add(await visitor.ReadFormAsync("/first-start"));

        var answers = await Task.WhenAll(visitors.Select((visitor, i) => visitor.PostAsync("/first-start", new(forms[i])
        {
            ["Input.Name"] = $"admin{i}",
            ["Input.Password"] = TestVault.Password,
            ["Input.PasswordAgain"] = TestVault.Password,
        })));

        answers.Count(a => Target(a) == "/").ShouldBe(1);
        answers.Count(a => Target(a) == "/sign-in").ShouldBe(5);
        (await vault.Get<AccountService>().ListAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_short_password_is_refused_and_a_long_sentence_without_digits_is_not()
    {
        (await vault.Get<AccountService>().CreateFirstAdminAsync("ada", "elevenchars", TestVault.Admin)).ShouldBeProblem("account-invalid");
        (await vault.Get<AccountService>().CreateFirstAdminAsync("ada", "all lower case words", TestVault.Admin)).ShouldBeNullProblem();
    }

    [Fact]
    public async Task A_wrong_name_and_a_wrong_password_and_a_locked_account_get_the_same_words()
    {
        await vault.SignInAsync();
        var unknown = await Refusal("nobody", "whatever whatever");
        var wrong = await Refusal("admin", "whatever whatever");
        for (var i = 0; i < 4; i++)
            await Refusal("admin", "whatever whatever");
        var locked = await Refusal("admin", TestVault.Password);

        unknown.ShouldContain("is wrong, or the account is locked");
        wrong.ShouldBe(unknown);
        locked.ShouldBe(unknown, "five wrong passwords lock the account even for the right one");
        (await vault.Get<AccountService>().ListAsync())[0].LockedUntil.ShouldNotBeNull();
        (await vault.Get<AuditLog>().ListAsync(new(null, "sign-in"), 0, 20)).Entries[0].Outcome.ShouldBe("refused: locked");
    }

    [Fact]
    public async Task Sign_in_is_throttled_for_an_address()
    {
        await vault.SignInAsync();
        var visitor = vault.Visit();
        var form = await visitor.ReadFormAsync("/sign-in");
        (form["Input.Name"], form["Input.Password"]) = ("nobody", "whatever whatever");

        HttpStatusCode last = 0;
        for (var i = 0; i < 25 && last != HttpStatusCode.TooManyRequests; i++)
            last = (await visitor.PostAsync("/sign-in", form)).StatusCode;

        last.ShouldBe(HttpStatusCode.TooManyRequests);
        (await visitor.GetAsync("/sign-in")).StatusCode.ShouldBe(HttpStatusCode.OK, "looking is not trying");
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/sign-out")]
    public async Task A_post_without_antiforgery_token_is_refused(string path)
    {
        var visitor = await vault.SignInAsync();
        var answer = await visitor.PostAsync(path, new() { ["_handler"] = "sign-in", ["Input.Name"] = "admin", ["Input.Password"] = TestVault.Password });
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await visitor.GetAsync("/sources")).StatusCode.ShouldBe(HttpStatusCode.OK, "still signed in");
    }

    [Theory]
    [InlineData("/sources?a=b", "/sources?a=b")]
    [InlineData("https://evil.example/", "/")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("/\t/evil.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("", "/")]
    public async Task After_sign_in_it_leads_only_to_pages_of_this_vault(string wanted, string expected)
    {
        await vault.SignInAsync();
        var answer = await vault.Visit().SubmitAsync($"/sign-in?returnUrl={Uri.EscapeDataString(wanted)}",
            ("Input.Name", "admin"), ("Input.Password", TestVault.Password));
        Target(answer).ShouldBe(expected);
    }

    [Theory]
    [InlineData("/sources/new")]
    [InlineData("/destinations/new")]
    [InlineData("/audit")]
    [InlineData("/settings/accounts")]
    public async Task A_viewer_and_an_operator_are_refused_what_only_an_admin_may(string path)
    {
        var admin = await vault.SignInAsync();
        (await admin.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await vault.SignInAsync(AccountRole.Viewer)).GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await (await vault.SignInAsync(AccountRole.Operator)).GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_stranger_gets_nothing_but_sign_in_health_and_files_of_the_pages()
    {
        await vault.SignInAsync();
        var stranger = vault.Visit();
        foreach (var path in Pages())
        {
            var answer = await stranger.GetAsync(path);
            var isOpen = path is "/sign-in" or "/health/live" or "/health/ready" or "/error" || path == "/first-start";
            if (!isOpen)
                answer.Headers.Location?.ToString().ShouldContain("/sign-in", customMessage: $"{path} answered {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task Every_page_carries_the_security_headers_and_no_server_header()
    {
        var visitor = await vault.SignInAsync();
        var pages = Pages();
        pages.Count.ShouldBeGreaterThan(10);
        foreach (var path in pages.Append("/no/such/page"))
        {
            var answer = await visitor.GetAsync(path);
            var policy = answer.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem();
            policy.ShouldContain("default-src 'self'; script-src 'self';", customMessage: path);
            policy.ShouldContain("frame-ancestors 'none'");
            answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
            answer.Headers.GetValues("Cross-Origin-Opener-Policy").ShouldBe(["same-origin"]);
            answer.Headers.Contains("Server").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Cookies_cannot_be_read_by_scripts_or_sent_by_other_sites()
    {
        await vault.SignInAsync();
        var answer = await vault.Visit().SubmitAsync("/sign-in", ("Input.Name", "admin"), ("Input.Password", TestVault.Password));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("vault.account=", StringComparison.Ordinal));
        cookie.ShouldContain("httponly", Case.Insensitive);
        cookie.ShouldContain("samesite=lax", Case.Insensitive);
    }

    [Fact]
    public async Task The_last_admin_can_be_neither_deleted_nor_demoted()
    {
        await vault.SignInAsync();
        var accounts = vault.Get<AccountService>();
        var admin = (await accounts.ListAsync())[0];
        (await accounts.DeleteAsync(admin.Id, TestVault.Admin)).ShouldBeProblem("last-admin");
        (await accounts.ChangeRoleAsync(admin.Id, AccountRole.Viewer, TestVault.Admin)).ShouldBeProblem("last-admin");

        (await accounts.CreateAsync("second", TestVault.Password, AccountRole.Admin, TestVault.Admin)).ShouldBeNullProblem();
        (await accounts.DeleteAsync(admin.Id, TestVault.Admin)).ShouldBeNullProblem();
    }

    [Fact]
    public async Task A_new_password_replaces_the_old_one_and_the_security_stamp()
    {
        await vault.SignInAsync();
        await using var before = vault.OpenDatabase();
        var stamp = (await before.Users.AsNoTracking().SingleAsync()).SecurityStamp;

        (await vault.Get<AccountService>().ChangeOwnPasswordAsync("wrong wrong wrong", "another long password", TestVault.Admin)).ShouldBeProblem("wrong-password");
        (await vault.Get<AccountService>().ChangeOwnPasswordAsync(TestVault.Password, "another long password", TestVault.Admin)).ShouldBeNullProblem();

        var account = await before.Users.AsNoTracking().SingleAsync();
        account.SecurityStamp.ShouldNotBe(stamp, "open pages of this account end");
        new PasswordHasher<Account>().VerifyHashedPassword(account, account.PasswordHash!, "another long password").ShouldBe(PasswordVerificationResult.Success);
    }

    /// <summary>Where it leads, as an address of this vault; another site stays visible as such.</summary>
    private static string Target(HttpResponseMessage answer)
    {
        var target = new Uri(new Uri("http://localhost"), answer.Headers.Location.ShouldNotBeNull());
        return target.Authority == "localhost" ? target.PathAndQuery : target.ToString();
    }

    private async Task<string> Refusal(string name, string password)
    {
        var answer = await vault.Visit().SubmitAsync("/sign-in", ("Input.Name", name), ("Input.Password", password));
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var html = await answer.Content.ReadAsStringAsync();
        html.ShouldNotContain(password);
        return new AngleSharp.Html.Parser.HtmlParser().ParseDocument(html).QuerySelector("[data-problem]")!.TextContent;
    }

    /// <summary>Every page and address of the server that needs no parameter.</summary>
    private List<string> Pages() => [.. vault.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(e => e.Metadata.GetMetadata<Microsoft.AspNetCore.StaticAssets.StaticAssetDescriptor>() is null)
        .Where(e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") ?? true)
        .Select(e => "/" + e.RoutePattern.RawText!.TrimStart('/'))
        .Where(p => !p.Contains('{') && !p.StartsWith("/_", StringComparison.Ordinal) && !p.StartsWith("/status", StringComparison.Ordinal) && !p.StartsWith("/hubs", StringComparison.Ordinal))
        .Distinct()];
}
