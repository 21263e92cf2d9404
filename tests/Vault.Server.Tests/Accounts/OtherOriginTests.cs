using System.Net;
using Shouldly;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Profiles;
using Xunit;

namespace Vault.Server.Tests.Accounts;

public sealed class OtherOriginTests : IAsyncDisposable
{
    private readonly TestVault vault = new();

    public ValueTask DisposeAsync() => vault.DisposeAsync();

    /// <summary>localhost:3000 is the same site as localhost:5080, so the browser sends the cookie along.</summary>
    [Theory]
    [InlineData("http://localhost:3000", false)]
    [InlineData("https://localhost:5443", false)]
    [InlineData("http://evil.example", false)]
    [InlineData("http://localhost.evil.example", false)]
    [InlineData("null", false)]
    [InlineData("http://localhost", true)]
    [InlineData("http://LOCALHOST:80", true)]
    [InlineData(null, true)]
    public async Task A_page_of_another_origin_gets_no_live_connection(string? origin, bool isLetIn)
    {
        var visitor = await vault.SignInAsync();
        foreach (var path in new[] { "/hubs/runs/negotiate?negotiateVersion=1", "/_blazor/negotiate?negotiateVersion=1" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path);
            if (origin is not null) request.Headers.Add("Origin", origin);
            (await visitor.Http.SendAsync(request)).StatusCode.ShouldBe(isLetIn ? HttpStatusCode.OK : HttpStatusCode.Forbidden, path);
        }
    }

    [Fact]
    public async Task Pages_and_errors_stay_in_no_cache_and_the_programs_own_files_may()
    {
        var visitor = await vault.SignInAsync();
        foreach (var path in new[] { "/", "/settings/vault", "/backups/copies/" + Guid.NewGuid() + "/metadata", "/no/such/page" })
            (await visitor.GetAsync(path)).Headers.CacheControl!.NoStore.ShouldBeTrue(path);
        (await visitor.GetAsync("/favicon.svg")).Headers.CacheControl!.NoStore.ShouldBeFalse();
    }

    [Theory]
    [InlineData(AccountRole.Viewer)]
    [InlineData(AccountRole.Operator)]
    public async Task Only_an_admin_sees_a_key_even_when_a_page_asks_for_another(AccountRole role)
    {
        await vault.SignInAsync(role);
        var profiles = vault.Get<ProfileService>();
        var id = (await profiles.CreateAsync("main", TestVault.Admin)).Value;
        var asking = new Actor(role.ToString().ToLowerInvariant(), "127.0.0.1");
        (await profiles.RevealAsync(id, TestVault.Password, asking)).Problem.ShouldBeProblem("not-allowed");
        (await profiles.RevealAsync(id, TestVault.Password, TestVault.Admin)).IsOk.ShouldBeTrue();
    }
}
