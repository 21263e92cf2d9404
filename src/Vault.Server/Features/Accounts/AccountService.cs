using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Server.Database;
using Vault.Server.Features.Audit;

namespace Vault.Server.Features.Accounts;

public sealed record AccountRow(Guid Id, string Name, AccountRole Role, DateTimeOffset CreatedAt, DateTimeOffset? LockedUntil);

/// <summary>Accounts and their passwords. Each call has its own scope, because a circuit outlives any sensible database context.</summary>
internal sealed class AccountService(IServiceScopeFactory scopes, IDbContextFactory<VaultDb> databases, AuditLog audit, TimeProvider clock)
{
    private static readonly Problem NameMissing = new("account-missing", "This account no longer exists.", "Reload the page.");

    private static readonly Problem LastAdmin = new("last-admin",
        "This is the last admin, and without one nobody could manage this vault.", "Make another account admin first.");

    private bool hasAny;

    public async Task<bool> HasAnyAsync()
    {
        if (hasAny)
            return true;
        await using var db = await databases.CreateDbContextAsync();
        return hasAny = await db.Users.AnyAsync();
    }

    /// <summary>Null: made. However many ask at once, one admin is made.</summary>
    public async Task<Problem?> CreateFirstAdminAsync(string name, string password, Actor actor)
    {
        var problem = await InTransactionAsync(async (manager, db) => await db.Users.AnyAsync()
            ? new Problem("already-set-up", "This vault already has its admin.", "Sign in with that account.")
            : await AddAsync(manager, name, password, AccountRole.Admin));
        await audit.WriteAsync(actor with { Name = name }, "first-admin-created", name, Outcome(problem));
        return problem;
    }

    public async Task<IReadOnlyList<AccountRow>> ListAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        var now = clock.GetUtcNow();
        return [.. (await db.Users.AsNoTracking().OrderBy(a => a.NormalizedUserName).ToListAsync())
            .Select(a => new AccountRow(a.Id, a.UserName!, a.Role, a.CreatedAt, a.LockoutEnd > now ? a.LockoutEnd : null))];
    }

    public async Task<Problem?> CreateAsync(string name, string password, AccountRole role, Actor actor)
    {
        var problem = await InTransactionAsync((manager, _) => AddAsync(manager, name, password, role));
        await audit.WriteAsync(actor, "account-created", $"{name} ({role})", Outcome(problem));
        return problem;
    }

    public Task<Problem?> ChangeRoleAsync(Guid id, AccountRole role, Actor actor) =>
        ChangeAsync(id, "account-role-changed", actor, async (manager, db, account) =>
        {
            if (role != AccountRole.Admin && await IsLastAdminAsync(db, account))
                return LastAdmin;
            account.Role = role;
            return Problem(await manager.UpdateSecurityStampAsync(account));
        });

    public Task<Problem?> ResetPasswordAsync(Guid id, string password, Actor actor) =>
        ChangeAsync(id, "password-reset", actor, async (manager, _, account) =>
        {
            var token = await manager.GeneratePasswordResetTokenAsync(account);
            return Problem(await manager.ResetPasswordAsync(account, token, password))
                ?? Problem(await manager.SetLockoutEndDateAsync(account, null));
        });

    public Task<Problem?> DeleteAsync(Guid id, Actor actor) =>
        ChangeAsync(id, "account-deleted", actor, async (manager, db, account) =>
            await IsLastAdminAsync(db, account) ? LastAdmin : Problem(await manager.DeleteAsync(account)));

    public async Task<Problem?> ChangeOwnPasswordAsync(string current, string wanted, Actor actor)
    {
        if (!await ConfirmPasswordAsync(current, actor))
            return WrongPassword;
        var problem = await InTransactionAsync(async (manager, _) =>
            await manager.FindByNameAsync(actor.Name) is { } account
                ? Problem(await manager.ChangePasswordAsync(account, current, wanted))
                : NameMissing);
        await audit.WriteAsync(actor, "password-changed", actor.Name, Outcome(problem));
        return problem;
    }

    public static Problem WrongPassword { get; } = new("wrong-password",
        "This is not your password, or your account is locked for five minutes after five wrong ones.", "Type your own password again.");

    /// <summary>Asks for the password again before something is revealed. Wrong ones count towards the lockout.</summary>
    public async Task<bool> ConfirmPasswordAsync(string password, Actor actor)
    {
        await using var scope = scopes.CreateAsyncScope();
        var manager = scope.ServiceProvider.GetRequiredService<UserManager<Account>>();
        if (await manager.FindByNameAsync(actor.Name) is not { } account || await manager.IsLockedOutAsync(account))
            return false;
        if (await manager.CheckPasswordAsync(account, password))
            return true;
        await manager.AccessFailedAsync(account);
        return false;
    }

    /// <summary>As the account is now: a circuit may still hold the role that it began with.</summary>
    public async Task<bool> IsAsync(Actor actor, params AccountRole[] roles)
    {
        await using var db = await databases.CreateDbContextAsync();
        var name = actor.Name.Normalize().ToUpperInvariant();
        return await db.Users.AnyAsync(a => a.NormalizedUserName == name && roles.Contains(a.Role));
    }

    private async Task<Problem?> ChangeAsync(
        Guid id, string action, Actor actor, Func<UserManager<Account>, VaultDb, Account, Task<Problem?>> change)
    {
        string? name = null;
        var problem = await InTransactionAsync(async (manager, db) =>
        {
            if (await manager.FindByIdAsync(id.ToString()) is not { } account)
                return NameMissing;
            name = account.UserName;
            return await change(manager, db, account);
        });
        await audit.WriteAsync(actor, action, name, Outcome(problem));
        return problem;
    }

    /// <summary>SQLite's transaction takes the write lock at its start, so that what is read in it stays true until its end.</summary>
    private async Task<Problem?> InTransactionAsync(Func<UserManager<Account>, VaultDb, Task<Problem?>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<VaultDb>();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var problem = await work(scope.ServiceProvider.GetRequiredService<UserManager<Account>>(), db);
        if (problem is null)
            await transaction.CommitAsync();
        return problem;
    }

    private async Task<Problem?> AddAsync(UserManager<Account> manager, string name, string password, AccountRole role) =>
        Problem(await manager.CreateAsync(
            new Account { Id = Guid.NewGuid(), UserName = name.Trim(), Role = role, CreatedAt = clock.GetUtcNow() }, password));

    private static async Task<bool> IsLastAdminAsync(VaultDb db, Account account) =>
        account.Role == AccountRole.Admin && await db.Users.CountAsync(a => a.Role == AccountRole.Admin) == 1;

    private static Problem? Problem(IdentityResult result) => result.Succeeded ? null
        : new Problem("account-invalid", string.Join(" ", result.Errors.Select(e => e.Description)), "Change it and try again.");

    private static string Outcome(Problem? problem) => problem is null ? AuditLog.Succeeded : $"{AuditLog.Refused}: {problem.Code}";
}
