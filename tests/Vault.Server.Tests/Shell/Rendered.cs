using AngleSharp;
using AngleSharp.Dom;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Vault.Server.Features.Shell;

namespace Vault.Server.Tests.Shell;

/// <summary>A component's HTML as a document, in the zone Europe/Berlin at <see cref="Now"/>.</summary>
internal static class Rendered
{
    public static readonly DateTimeOffset Now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    public static async Task<IDocument> AsDocument<T>(params (string Name, object? Value)[] parameters) where T : IComponent
    {
        var zone = new ViewerZone();
        zone.Use("Europe/Berlin");
        await using var services = new ServiceCollection()
            .AddSingleton(zone)
            .AddSingleton<TimeProvider>(new StoppedClock(Now))
            .AddSingleton<ViewerClock>()
            .BuildServiceProvider();
        await using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
        var html = await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var view = ParameterView.FromDictionary(parameters.ToDictionary(p => p.Name, p => p.Value));
            return (await renderer.RenderComponentAsync<T>(view)).ToHtmlString();
        });
        return await BrowsingContext.New(Configuration.Default).OpenAsync(response => response.Content(html));
    }

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
