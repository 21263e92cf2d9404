using Microsoft.Playwright;

namespace Vault.Browser.Tests;

internal sealed partial class Visitor
{
    /// <summary>From the list of backups into a new database, with the name typed to confirm; is on the page of the run then.</summary>
    /// <param name="onPlan">What is looked at while the plan is on the page.</param>
    public async Task RestoreIntoNewAsync(string source, string database, Func<Task>? onPlan = null)
    {
        await GoAsync("/backups");
        await Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = source, Exact = true }).First.ClickAsync();
        await Link("Restore").ClickAsync();
        await Page.GetByLabel("A new one").CheckAsync();
        await Page.GetByLabel("Name of the new database").FillAsync(database);
        await Button("See what will happen").ClickAsync();
        await Page.GetByLabel($"Type {database} to confirm").FillAsync(database);
        if (onPlan is not null) await onPlan();
        await Page.Locator("form:has(#restore-confirm) button[type=submit]").ClickAsync();
        await RunPageIsOpenAsync();
    }

    public async Task DeleteJobAsync(string job)
    {
        await GoAsync("/jobs");
        await Link(job).ClickAsync();
        await Button("Delete job").ClickAsync();
        await Dialog.GetByLabel($"Type {job} to confirm").FillAsync(job);
        await Dialog.GetByRole(AriaRole.Button, new() { Name = "Delete job" }).ClickAsync();
        await Page.WaitForURLAsync("**/jobs");
    }

    public async Task ScanDestinationsAsync()
    {
        await GoAsync("/backups");
        await Button("Scan destinations").ClickAsync();
        await Assertions.Expect(Page.GetByText("1 added")).ToBeVisibleAsync();
    }
}
