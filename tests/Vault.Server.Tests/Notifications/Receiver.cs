using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Vault.Server.Tests.Notifications;

internal sealed record Received(string Title, string Priority, JsonElement Body, string Target);

/// <summary>A real web server that answers what it is told to, then 200.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    public const string Token = "tk-7f3a9c51";

    /// <summary>In place of a status: it never answers.</summary>
    public const int Silence = 0;

    private readonly WebApplication app;
    private readonly ConcurrentQueue<int> answers;
    private readonly ConcurrentQueue<Received> received = new();

    private Receiver(WebApplication app, int[] answers) => (this.app, this.answers) = (app, new ConcurrentQueue<int>(answers));

    public string Url => $"{app.Urls.Single()}/hook?token={Token}";

    public IReadOnlyList<Received> Received => [.. received];

    public static async Task<Receiver> StartAsync(params int[] answers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var receiver = new Receiver(builder.Build(), answers);
        receiver.app.Run(receiver.AnswerAsync);
        await receiver.app.StartAsync();
        return receiver;
    }

    /// <summary>An address where nobody listens.</summary>
    public static string DeadUrl()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://{listener.LocalEndpoint}/hook?token={Token}";
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var headers = context.Request.Headers;
        received.Enqueue(new Received($"{headers["Title"]}", $"{headers["Priority"]}", body.RootElement.Clone(), $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}"));
        var status = answers.TryDequeue(out var wanted) ? wanted : 200;
        if (status == Silence) await Task.Delay(Timeout.Infinite, context.RequestAborted);
        context.Response.StatusCode = status;
        if (status is >= 300 and < 400) context.Response.Headers.Location = "/elsewhere";
    }
}
