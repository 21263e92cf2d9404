using System.Net;
using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Notifications;
using Xunit;

namespace Vault.Server.Tests.Notifications;

public sealed class WebhookTests : IAsyncDisposable
{
    private const string Page = "/settings/notifications";
    private readonly TestVault vault = new();

    public ValueTask DisposeAsync() => vault.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_address_is_neither_in_the_vault_nor_in_the_log_nor_on_the_page(bool isUp)
    {
        await using var receiver = await Receiver.StartAsync();
        var url = isUp ? receiver.Url : Receiver.DeadUrl();
        await SaveAsync(url);
        (await vault.Get<Notifier>().SendTestAsync())!.Failure.ShouldBe(isUp ? null : "No connection to the receiver came about.");
        receiver.Received.Count.ShouldBe(isUp ? 1 : 0);

        var page = await RenderAsync();
        page.ShouldContain("placeholder=\"unchanged\"");
        page.ShouldContain(isUp ? "The last notification was delivered" : "The last notification was not delivered");
        foreach (var secret in new[] { Receiver.Token, new Uri(url).Authority })
        {
            page.ShouldNotContain(secret);
            vault.Log.ShouldNotContain(secret);
            foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(vault.DatabasePath)!, "vault.db*"))
                (await ReadAsync(file)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)).ShouldBe(-1, file);
        }

        if (!isUp) vault.Log.ShouldContain("was not delivered: No connection");
    }

    [Fact]
    public async Task A_host_that_one_disposes_while_another_stops_it_stops_without_an_error()
    {
        var notifier = vault.Get<Notifier>();
        notifier.Dispose();
        await notifier.StopAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://example.org/")]
    [InlineData("/hook")]
    [InlineData("")]
    [InlineData("https://ada:secret@example.org/")]
    public async Task What_is_no_address_of_a_web_page_is_refused_and_the_old_one_stays(string url)
    {
        await using var receiver = await Receiver.StartAsync();
        await SaveAsync(receiver.Url);
        (await vault.Get<Webhook>().SaveAsync(url, TestVault.Admin))!.Code.ShouldBe("webhook-invalid");
        (await vault.Get<Webhook>().OpenAsync()).ShouldBe(new Uri(receiver.Url));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_says_so()
    {
        await using var receiver = await Receiver.StartAsync(307);
        await SaveAsync(receiver.Url);
        (await vault.Get<Notifier>().SendTestAsync())!.Failure.ShouldBe("The receiver answered 307, a redirect, which is not followed.");
        receiver.Received.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_receiver_that_never_answers_is_given_up()
    {
        await using var receiver = await Receiver.StartAsync(Receiver.Silence);
        using var sender = new WebhookSender(new DeliveryRule(TimeSpan.FromSeconds(1), []));
        (await sender.TryAsync(new Uri(receiver.Url), Notification.Test(DateTimeOffset.UtcNow), default)).ShouldBe("The receiver did not answer within 1 seconds.");
    }

    [Fact]
    public async Task A_webhook_that_was_removed_is_told_nothing_and_its_last_result_is_gone()
    {
        await using var receiver = await Receiver.StartAsync();
        await SaveAsync(receiver.Url);
        await vault.Get<Notifier>().SendTestAsync();
        await vault.Get<Webhook>().RemoveAsync(TestVault.Admin);
        (await vault.Get<Notifier>().SendTestAsync()).ShouldBeNull();
        receiver.Received.ShouldHaveSingleItem();
        (await vault.Get<Webhook>().LastAsync()).ShouldBeNull();
    }

    [Theory]
    [InlineData(AccountRole.Viewer)]
    [InlineData(AccountRole.Operator)]
    public async Task Only_an_admin_sees_the_page(AccountRole role) =>
        (await (await vault.SignInAsync(role)).GetAsync(Page)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

    private async Task SaveAsync(string url) => (await vault.Get<Webhook>().SaveAsync(url, TestVault.Admin)).ShouldBeNullProblem();

    /// <summary>The page as it is first shown.</summary>
    private async Task<string> RenderAsync()
    {
        await using var scope = vault.Services.CreateAsyncScope();
        var navigation = (IHostEnvironmentNavigationManager)scope.ServiceProvider.GetRequiredService<NavigationManager>();
        navigation.Initialize("http://localhost/", $"http://localhost{Page}");
        await using var renderer = new HtmlRenderer(scope.ServiceProvider, NullLoggerFactory.Instance);
        return await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<NotificationsPage>()).ToHtmlString());
    }

    private static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes);
        return bytes;
    }
}
