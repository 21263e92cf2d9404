using Microsoft.Playwright;

namespace Vault.Browser.Tests;

internal sealed partial class Visitor
{
    private ILocator Dialog => Page.GetByRole(AriaRole.Dialog).Filter(new() { Visible = true });

    /// <summary>Opens a dialog: it has no barrier, holds the focus, and Escape closes it and gives the focus back.</summary>
    public async Task LookAtDialogAsync(string opener)
    {
        await Button(opener).First.ClickAsync();
        await Assertions.Expect(Dialog.Locator(":focus")).ToHaveCountAsync(1);
        await Page.ShouldHaveNoBarriersAsync($"dialog {opener}");
        await Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(Dialog).ToHaveCountAsync(0);
        await Assertions.Expect(Button(opener).First).ToBeFocusedAsync();
    }

    /// <summary>Pastes the address of a database and saves the source that it makes.</summary>
    /// <param name="onTested">What is looked at while the answer of "Test" is on the page.</param>
    public async Task AddSourceByUrlAsync(string url, string name, Func<Task>? onTested = null)
    {
        await GoAsync("/sources/new");
        await Page.GetByLabel("DATABASE_URL").FillAsync(url);
        await Button("Fill the form").ClickAsync();
        // The form is filled by the server: what is typed before its answer is overwritten.
        await Assertions.Expect(Page.GetByLabel("DATABASE_URL")).ToHaveValueAsync("");
        await Field("Name").FillAsync(name);
        await Button("Test").ClickAsync();
        await Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "A backup would work" })).ToBeVisibleAsync();
        if (onTested is not null) await onTested();
        await Button("Save").ClickAsync();
        await Assertions.Expect(Link(name)).ToBeVisibleAsync();
    }

    public async Task AddDestinationAsync(string name, string folder)
    {
        await GoAsync("/destinations/new");
        await Field("Name").FillAsync(name);
        await Page.GetByLabel("Folder").FillAsync(folder);
        await Button("Save").ClickAsync();
        await Assertions.Expect(Link(name)).ToBeVisibleAsync();
    }

    public async Task CreateProfileAsync(string name)
    {
        await GoAsync("/settings/vault");
        await Button("Create profile").First.ClickAsync();
        await Dialog.GetByLabel("Name").FillAsync(name);
        await Dialog.GetByRole(AriaRole.Button, new() { Name = "Create profile" }).ClickAsync();
        await Dialog.GetByRole(AriaRole.Button, new() { Name = "Later" }).ClickAsync();
        await Assertions.Expect(ProfileRow(name)).ToBeVisibleAsync();
    }

    /// <summary>The 64 characters of a profile's key, which need the password once more.</summary>
    public async Task<string> CopyKeyAsync(string profile)
    {
        await GoAsync("/settings/vault");
        await ProfileRow(profile).GetByRole(AriaRole.Button, new() { Name = "Copy Key" }).ClickAsync();
        await Dialog.GetByLabel("Your password").FillAsync(Password);
        await Dialog.GetByRole(AriaRole.Button, new() { Name = "Show key" }).ClickAsync();
        var key = await Dialog.Locator("#revealed-key").InnerTextAsync();
        await Dialog.GetByRole(AriaRole.Button, new() { Name = "I have stored it" }).ClickAsync();
        await Assertions.Expect(Dialog).ToHaveCountAsync(0);
        return key.Trim();
    }

    public async Task DeleteProfileAsync(string profile)
    {
        await GoAsync("/settings/vault");
        await Button($"Delete {profile}").ClickAsync();
        await Dialog.GetByLabel($"Type {profile} to confirm").FillAsync(profile);
        await Dialog.GetByRole(AriaRole.Button, new() { Name = "Delete profile" }).ClickAsync();
        await Assertions.Expect(ProfileRow(profile)).ToHaveCountAsync(0);
    }

    public async Task ImportKeyAsync(string name, string key)
    {
        await GoAsync("/settings/vault");
        await Button("Import Key").First.ClickAsync();
        await Dialog.GetByLabel("Name").FillAsync(name);
        await Dialog.GetByLabel("Master key", new() { Exact = true }).FillAsync(key);
        await Dialog.GetByRole(AriaRole.Button, new() { Name = "Import Key" }).ClickAsync();
        await Assertions.Expect(ProfileRow(name)).ToBeVisibleAsync();
    }

    /// <summary>A job over the only source, destination and profile there are.</summary>
    public async Task AddJobAsync(string name, string? dumpFormat = null, Func<Task>? change = null)
    {
        await GoAsync("/jobs/new");
        await Field("Name").FillAsync(name);
        if (dumpFormat is not null) await Page.GetByLabel("Dump format").SelectOptionAsync(dumpFormat);
        // A new job starts in the zone of the browser.
        await Assertions.Expect(Page.GetByLabel("Time zone")).ToHaveValueAsync("Europe/Berlin");
        if (change is not null) await change();
        await Button("Add job").ClickAsync();
        await Assertions.Expect(Link(name)).ToBeVisibleAsync();
    }

    public async Task ChooseSlowestCompressionAsync()
    {
        await Page.GetByLabel("Compression").SelectOptionAsync("Brotli");
        await Page.GetByLabel("Level").FillAsync("11");
    }

    private ILocator ProfileRow(string name) => Page.Locator($"tr[data-profile=\"{name}\"]");
}
