using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vault.Server.Features.Notifications;

/// <summary>One POST. What it returns and logs never holds the address, as the messages of HttpClient's exceptions do.</summary>
internal sealed class WebhookSender(DeliveryRule rule) : IDisposable
{
    // Some receivers show the text as it is, so it is not escaped more than JSON asks for.
    private static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    // Not from the factory of clients, which logs addresses. A redirect could carry the message to a stranger: none is followed.
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <returns>Why it did not arrive; null: the receiver took it.</returns>
    public async Task<string?> TryAsync(Uri address, Notification notification, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(rule.AnswerWithin);
        try
        {
            using var request = RequestOf(address, notification);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return answer.IsSuccessStatusCode ? null
                : $"The receiver answered {(int)answer.StatusCode}{((int)answer.StatusCode is >= 300 and < 400 ? ", a redirect, which is not followed" : "")}.";
        }
        catch (OperationCanceledException)
        {
            return cancel.IsCancellationRequested ? "Vault stopped before the receiver took it." : $"The receiver did not answer within {rule.AnswerWithin.TotalSeconds} seconds.";
        }
        catch (HttpRequestException failure)
        {
            return Reason(failure.HttpRequestError);
        }
    }

    public void Dispose() => http.Dispose();

    private static HttpRequestMessage RequestOf(Uri address, Notification notification)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = JsonContent.Create(notification, options: json) };
        // ntfy shows these; a header takes ASCII only.
        request.Headers.Add("Title", string.Concat(notification.Title.Select(c => c is >= ' ' and <= '~' ? c : '?')));
        request.Headers.Add("Priority", notification.Level == "error" ? "high" : "default");
        return request;
    }

    private static string Reason(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "The name of the receiver's host was not found.",
        HttpRequestError.ConnectionError => "No connection to the receiver came about.",
        HttpRequestError.SecureConnectionError => "The receiver's TLS certificate was not accepted, or it does not speak TLS.",
        _ => $"The receiver did not answer as a web server does ({error}).",
    };
}
