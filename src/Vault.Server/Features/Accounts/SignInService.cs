using Microsoft.AspNetCore.Identity;
using Vault.Core;
using Vault.Server.Features.Audit;

namespace Vault.Server.Features.Accounts;

/// <summary>Sign-in and sign-out of one HTTP request.</summary>
internal sealed class SignInService(SignInManager<Account> signIn, IPasswordHasher<Account> hasher, AuditLog audit)
{
    // One sentence for a wrong name, a wrong password and a locked account: it tells a stranger nothing about which accounts exist.
    private static readonly Problem Refused = new("sign-in-refused",
        "The name or the password is wrong, or the account is locked for five minutes after five wrong passwords.",
        "Try again, or ask an admin to reset the password.");

    private static readonly Lazy<string> NobodysHash = new(() => new PasswordHasher<Account>().HashPassword(new Account(), Guid.NewGuid().ToString()));

    public async Task<Problem?> SignInAsync(string name, string password, Actor actor)
    {
        var account = await signIn.UserManager.FindByNameAsync(name.Trim());
        var result = account is null
            ? SignInResult.Failed
            : await signIn.PasswordSignInAsync(account, password, isPersistent: false, lockoutOnFailure: true);
        if (account is null || result.IsLockedOut)
            // As much work as for an account that exists and is not locked, so that time does not tell them apart.
            hasher.VerifyHashedPassword(new Account(), NobodysHash.Value, password);
        await audit.WriteAsync(actor with { Name = name.Trim() }, "sign-in", null, Outcome(result));
        return result.Succeeded ? null : Refused;
    }

    public async Task SignOutAsync(Actor actor)
    {
        await signIn.SignOutAsync();
        await audit.WriteAsync(actor, "sign-out", null);
    }

    private static string Outcome(SignInResult result) => result switch
    {
        { Succeeded: true } => AuditLog.Succeeded,
        { IsLockedOut: true } => $"{AuditLog.Refused}: locked",
        _ => $"{AuditLog.Refused}: wrong name or password",
    };
}
