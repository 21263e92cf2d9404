using Microsoft.Playwright;

namespace Vault.Browser.Tests;

internal sealed partial class Visitor
{
    /// <summary>From the list of jobs; is on the page of the run then.</summary>
    /// <param name="onTyped">What is looked at while the dialog is filled in.</param>
    public async Task BackUpWithPasswordAsync(string job, string password, Func<Task> onTyped)
    {
        await GoAsync("/jobs");
        await Button($"Back up {job} with a password…").ClickAsync();
        await TypeNewPasswordAsync(password, password);
        await onTyped();
        await Button("Back up with this password").ClickAsync();
        await RunPageIsOpenAsync();
    }

    public async Task TypeNewPasswordAsync(string password, string again)
    {
        await Dialog.GetByLabel("Password of the backup").FillAsync(password);
        await Dialog.GetByLabel("Password again").FillAsync(again);
    }

    public Task TypeBackupPasswordAsync(string password) => Page.GetByLabel("Password of this backup").FillAsync(password);
}
