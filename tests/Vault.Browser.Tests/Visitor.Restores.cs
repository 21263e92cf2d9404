using Microsoft.Playwright;

namespace Vault.Browser.Tests;

internal sealed partial class Visitor
{
    /// <summary>From the list of backups into a new database, with the name typed to confirm; is on the page of the run then.</summary>
    /// <param name="onPlan">What is looked at while the plan is on the page.</param>
    /// <param name="onTarget">What is looked at and filled in while the target is chosen.</param>
    public async Task RestoreIntoNewAsync(string source, string database, Func<Task>? onPlan = null, Func<Task>? onTarget = null)
    {
        await OpenRestoreAsync(source);
        if (onTarget is not null) await onTarget();
        await Page.GetByLabel("A new one").CheckAsync();
        await Page.GetByLabel("Name of the new database").FillAsync(database);
        await Button("See what will happen").ClickAsync();
        await Page.GetByLabel($"Type {database} to confirm").FillAsync(database);
        if (onPlan is not null) await onPlan();
        await Page.Locator("form:has(#restore-confirm) button[type=submit]").ClickAsync();
        await RunPageIsOpenAsync();
    }

    /// <summary>From the list of backups to the choice of a target.</summary>
    public async Task OpenRestoreAsync(string source)
    {
        await GoAsync("/backups");
        await Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = source, Exact = true }).First.ClickAsync();
        await Link("Restore").ClickAsync();
        await Button("See what will happen").WaitForAsync();
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
