using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Vault.Browser.Tests;

internal static class Accessibility
{
    /// <summary>axe finds nothing serious or critical on the page as it is now, and the page is not wider than the screen.</summary>
    public static async Task ShouldHaveNoBarriersAsync(this IPage page, string where)
    {
        // What fades in has not its own colours yet.
        await page.EvaluateAsync("Promise.allSettled(document.getAnimations().filter(a => a.effect.getTiming().iterations !== Infinity).map(a => a.finished)).then(() => true)");
        var found = await page.RunAxe();
        var barriers = found.Violations.Where(v => v.Impact is "serious" or "critical").Select(Describe);
        string.Join("\n", barriers).ShouldBe("", where);
        var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        overflow.ShouldBeLessThanOrEqualTo(0, $"{where}: the page scrolls sideways");
    }

    private static string Describe(AxeResultItem item) =>
        $"{item.Impact} {item.Id}: {item.Help}: {string.Join(" | ", item.Nodes.Take(4).Select(n => n.Html))}";
}
