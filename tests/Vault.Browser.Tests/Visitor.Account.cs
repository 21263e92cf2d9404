using Microsoft.Playwright;

namespace Vault.Browser.Tests;

internal sealed partial class Visitor
{
    public const string Account = "ada";
    public const string Password = "a long sentence nobody guesses";

    /// <summary>The first page of an empty vault: makes the admin account and is signed in with it.</summary>
    public async Task StartFirstAsync()
    {
        await Page.GotoAsync("/");
        await Field("Account").FillAsync(Account);
        await Field("Password").FillAsync(Password);
        await Field("Password again").FillAsync(Password);
        await Button("Create the admin account").ClickAsync();
        await CircuitIsReadyAsync();
    }

    public async Task SignInAsync()
    {
        await Page.GotoAsync("/sign-in");
        await Field("Account").FillAsync(Account);
        await Field("Password").FillAsync(Password);
        await Button("Sign in").ClickAsync();
        await CircuitIsReadyAsync();
    }

    public Task<bool> HeadingIsAsync(string text) => Page.GetByRole(AriaRole.Heading, new() { Level = 1, Name = text, Exact = true }).IsVisibleAsync();
}
