using System.IO.Compression;
using Microsoft.Playwright;

namespace Vault.Browser.Tests;

internal sealed partial class Visitor
{
    /// <summary>Types the password into the open dialog, takes the file that the browser saves and unpacks it.</summary>
    /// <returns>The folder with the kit.</returns>
    public async Task<string> SaveKitAsync(string folder)
    {
        await Dialog.GetByLabel("Your password").FillAsync(Password);
        var download = await Page.RunAndWaitForDownloadAsync(() => Page.Keyboard.PressAsync("Enter"));
        await Assertions.Expect(Dialog.GetByText("The Recovery Kit went out to your browser")).ToBeVisibleAsync();
        await Page.ShouldHaveNoBarriersAsync("dialog Recovery Kit, done");
        await Assertions.Expect(Dialog.GetByRole(AriaRole.Button, new() { Name = "Done" })).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Dialog).ToHaveCountAsync(0);
        download.SuggestedFilename.ShouldMatch("^vault-recovery-kit-home-key-[0-9a-f]{8}-[0-9-]{10}[.]zip$");
        var zip = Path.Combine(folder, download.SuggestedFilename);
        await download.SaveAsAsync(zip);
        await ZipFile.ExtractToDirectoryAsync(zip, Path.Combine(folder, "kit"));
        return Path.Combine(folder, "kit");
    }
}
