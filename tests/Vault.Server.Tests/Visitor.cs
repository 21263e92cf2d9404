using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Vault.Server.Tests;

/// <summary>A browser without scripts: keeps cookies, reads forms, follows no redirect by itself.</summary>
internal sealed class Visitor(HttpClient http)
{
    public HttpClient Http { get; } = http;

    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(path);

    /// <summary>Loads the page, fills its first form and posts it as a browser would.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(string path, params (string Name, string Value)[] fields)
    {
        var fill = await ReadFormAsync(path);
        foreach (var (name, value) in fields)
            fill[name] = value;
        return await PostAsync(path, fill);
    }

    public async Task<Dictionary<string, string>> ReadFormAsync(string path)
    {
        var html = await Http.GetStringAsync(path);
        var form = new HtmlParser().ParseDocument(html).Forms[0];
        return form.QuerySelectorAll("input[name]").Cast<IHtmlInputElement>().ToDictionary(i => i.Name!, i => i.Value);
    }

    public Task<HttpResponseMessage> PostAsync(string path, Dictionary<string, string> fields) =>
        Http.PostAsync(path, new FormUrlEncodedContent(fields));
}
