using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Core.Formats;
using Vault.Core.Keys;
using Vault.Core.Pipeline;
using Vault.Server.Database;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Settings;

namespace Vault.Server.Features.Profiles;

/// <param name="BackupCount">Backups that its key opens, as far as the catalogue knows.</param>
/// <param name="SameKeyNames">Other profiles with the same key.</param>
public sealed record ProfileRow(
    Guid Id, string Name, string KeyFingerprint, string Format, bool IsEnabled, bool IsImported, DateTimeOffset CreatedAt, DateTimeOffset? KeyCopiedAt,
    DateTimeOffset? KitDownloadedAt, int BackupCount, IReadOnlyList<string> JobNames, IReadOnlyList<string> SameKeyNames)
{
    /// <summary>Nobody holds the key outside this vault, as far as it knows.</summary>
    public bool IsOnlyHere => KeyCopiedAt is null && KitDownloadedAt is null;
}

/// <param name="SameKeyNames">Profiles that already held this key; a warning, no error.</param>
internal sealed record ImportedProfile(Guid Id, IReadOnlyList<string> SameKeyNames);

internal sealed class ProfileService(
    IDbContextFactory<VaultDb> databases, SystemKey systemKey, AccountService accounts, ServerPassword serverPassword, AuditLog audit, TimeProvider clock)
{
    public static Problem Missing { get; } = new("profile-missing", "This Encryption Profile no longer exists.", "Reload the page.");

    public static Problem NotAllowed { get; } = new("not-allowed", "Only an admin may see a key, so it was not shown.", "Ask an admin.");

    public async Task<IReadOnlyList<ProfileRow>> ListAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        var jobs = (await db.Jobs.AsNoTracking().Select(j => new { j.ProfileId, j.Name }).ToListAsync()).ToLookup(j => j.ProfileId, j => j.Name);
        var profiles = await db.EncryptionProfiles.AsNoTracking().OrderBy(p => p.Name).ToListAsync();
        var rows = new List<ProfileRow>();
        foreach (var p in profiles)
            rows.Add(new(p.Id, p.Name, p.KeyFingerprint, p.Format, p.IsEnabled, p.IsImported, p.CreatedAt, p.KeyCopiedAt, p.KitDownloadedAt,
                await MadeWith(db, p).CountAsync(), [.. jobs[p.Id]],
                [.. profiles.Where(o => o.Id != p.Id && o.KeyFingerprint == p.KeyFingerprint).Select(o => o.Name)]));
        return rows;
    }

    public async Task<Result<Guid>> CreateAsync(string name, Actor actor)
    {
        using var key = MasterKey.Generate();
        return await AddAsync(name, key, isImported: false, "profile-created", actor);
    }

    /// <param name="hex">64 hex characters; blanks and capitals do not matter.</param>
    public async Task<Result<ImportedProfile>> ImportAsync(string name, string hex, Actor actor)
    {
        var parsed = MasterKey.ParseHex(string.Concat(hex.Where(c => !char.IsWhiteSpace(c))));
        if (!parsed.IsOk)
            return parsed.Problem!;
        using var key = parsed.Value;
        var fingerprint = key.Fingerprint;
        await using var db = await databases.CreateDbContextAsync();
        var same = await db.EncryptionProfiles.Where(p => p.KeyFingerprint == fingerprint).Select(p => p.Name).ToListAsync();
        var added = await AddAsync(name, key, isImported: true, "key-imported", actor);
        return added.IsOk ? new ImportedProfile(added.Value, same) : added.Problem!;
    }

    public Task<Problem?> RenameAsync(Guid id, string name, Actor actor) =>
        ChangeAsync(id, "profile-renamed", actor, async (db, profile) =>
        {
            var checkedName = FormCheck.Name(name, "profile");
            if (!checkedName.IsOk)
                return checkedName.Problem;
            if (await db.EncryptionProfiles.AnyAsync(p => p.Id != id && p.Name == checkedName.Value))
                return FormCheck.NameTaken(checkedName.Value, "profile");
            profile.Name = checkedName.Value;
            return null;
        });

    /// <summary>How backups from now on are written; those that exist stay as they are.</summary>
    public Task<Problem?> SetFormatAsync(Guid id, EncryptionFormat format, Actor actor) =>
        ChangeAsync(id, $"profile-format-{format.ToWord()}", actor, (_, profile) =>
        {
            profile.Format = format.ToWord();
            return Task.FromResult<Problem?>(null);
        });

    public Task<Problem?> SetEnabledAsync(Guid id, bool isEnabled, Actor actor) =>
        ChangeAsync(id, isEnabled ? "profile-enabled" : "profile-disabled", actor, (_, profile) =>
        {
            profile.IsEnabled = isEnabled;
            return Task.FromResult<Problem?>(null);
        });

    /// <summary>The 64 hex characters, after the account's password was typed again.</summary>
    public async Task<Result<string>> RevealAsync(Guid id, string password, Actor actor)
    {
        if (await ConfirmAdminAsync("key-revealed", id, password, actor) is { } refused)
            return refused;
        string? hex = null;
        var problem = await ChangeAsync(id, "key-revealed", actor, (_, profile) =>
        {
            using var key = Open(profile);
            hex = key.RevealHex();
            return Task.FromResult<Problem?>(null);
        });
        return problem is null ? hex! : problem;
    }

    /// <summary>Null: this is an admin who typed the own password. A refusal is recorded under the action.</summary>
    public async Task<Problem?> ConfirmAdminAsync(string action, Guid id, string password, Actor actor)
    {
        if (!await accounts.IsAsync(actor, AccountRole.Admin))
        {
            await audit.WriteAsync(actor, action, id.ToString(), $"{AuditLog.Refused}: no admin");
            return NotAllowed;
        }
        if (!await accounts.ConfirmPasswordAsync(password, actor))
        {
            await audit.WriteAsync(actor, action, id.ToString(), $"{AuditLog.Refused}: wrong password");
            return AccountService.WrongPassword;
        }
        return null;
    }

    /// <summary>The owner says that the key now exists outside this vault too.</summary>
    public Task<Problem?> MarkCopiedAsync(Guid id, Actor actor) =>
        ChangeAsync(id, "key-copied", actor, (_, profile) =>
        {
            profile.KeyCopiedAt = clock.GetUtcNow();
            return Task.FromResult<Problem?>(null);
        });

    /// <param name="typedName">What was typed to force it; backups that need the key can then never be opened again.</param>
    public Task<Problem?> DeleteAsync(Guid id, string? typedName, Actor actor) =>
        ChangeAsync(id, "profile-deleted", actor, async (db, profile) =>
        {
            var jobs = await db.Jobs.Where(j => j.ProfileId == id).Select(j => j.Name).ToListAsync();
            if (jobs.Count > 0)
                return new("profile-in-use", $"New backups of {string.Join(", ", jobs.Select(j => $"\"{j}\""))} are encrypted with this profile.", "Choose another profile in that job first.");
            if (typedName != profile.Name && await CountOrphansAsync(db, profile) is > 0 and var needed)
                return new("profile-needed", $"{needed} backup{(needed == 1 ? "" : "s")} can be opened only with the key of \"{profile.Name}\".",
                    "Download its Recovery Kit or copy the key first. To delete it all the same, type the profile's name.");
            db.Remove(profile);
            return null;
        });

    /// <summary>All that may open a backup: every profile, also disabled ones, which still open old backups; and one password.</summary>
    /// <param name="typed">Null: nobody typed a password, and the server's own is tried. The caller disposes it.</param>
    public async Task<IReadOnlyList<CandidateKey>> CandidatesAsync(Password? typed = null)
    {
        await using var db = await databases.CreateDbContextAsync();
        var profiles = (await db.EncryptionProfiles.AsNoTracking().OrderBy(p => p.Name).ToListAsync()).Select(p => new CandidateKey(p.Id, p.Name, () => Open(p)));
        return PasswordOf(typed) is { } password ? [.. profiles, password] : [.. profiles];
    }

    private CandidateKey? PasswordOf(Password? typed) => typed is null ? serverPassword.Candidate : CandidateKey.OfPassword("the password that was typed", typed);

    /// <exception cref="ProblemException">There is no such profile, or its key does not open.</exception>
    public async Task<MasterKey> OpenKeyAsync(Guid id)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.EncryptionProfiles.AsNoTracking().FirstOrDefaultAsync(p => p.Id == id) is { } profile
            ? Open(profile)
            : throw new ProblemException(Missing);
    }

    private async Task<Result<Guid>> AddAsync(string name, MasterKey key, bool isImported, string action, Actor actor)
    {
        var checkedName = FormCheck.Name(name, "profile");
        if (!checkedName.IsOk)
            return checkedName.Problem!;
        await using var db = await databases.CreateDbContextAsync();
        if (await db.EncryptionProfiles.AnyAsync(p => p.Name == checkedName.Value))
            return FormCheck.NameTaken(checkedName.Value, "profile");
        var (id, now) = (Guid.NewGuid(), clock.GetUtcNow());
        db.Add(new EncryptionProfile
        {
            Id = id,
            Name = checkedName.Value,
            WrappedMasterKey = systemKey.Wrap(key.Bytes, Where(id)),
            KeyFingerprint = key.Fingerprint,
            IsImported = isImported,
            CreatedAt = now,
            // Whoever imports a key holds it already.
            KeyCopiedAt = isImported ? now : null,
        });
        await db.SaveChangesAsync();
        await audit.WriteAsync(actor, action, checkedName.Value);
        return id;
    }

    private async Task<Problem?> ChangeAsync(Guid id, string action, Actor actor, Func<VaultDb, EncryptionProfile, Task<Problem?>> change)
    {
        await using var db = await databases.CreateDbContextAsync();
        if (await db.EncryptionProfiles.FindAsync(id) is not { } profile)
            return Missing;
        var name = profile.Name;
        var problem = await change(db, profile);
        // Written before the key is shown: a reveal that cannot be recorded does not happen.
        await audit.WriteAsync(actor, action, name, problem is null ? AuditLog.Succeeded : $"{AuditLog.Refused}: {problem.Code}");
        if (problem is null)
            await db.SaveChangesAsync();
        return problem;
    }

    private MasterKey Open(EncryptionProfile profile)
    {
        var bytes = systemKey.Unwrap(profile.WrappedMasterKey, Where(profile.Id)).Value;
        try
        {
            return MasterKey.FromBytes(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static async Task<int> CountOrphansAsync(VaultDb db, EncryptionProfile profile) =>
        await db.EncryptionProfiles.AnyAsync(p => p.Id != profile.Id && p.KeyFingerprint == profile.KeyFingerprint)
            ? 0
            : await MadeWith(db, profile).CountAsync();

    /// <summary>Backups of other programs carry no fingerprint, only the id of the profile.</summary>
    public static IQueryable<Backup> MadeWith(VaultDb db, EncryptionProfile profile)
    {
        var id = profile.Id.ToString();
        return db.Backups.Where(b => b.KeyFingerprint == profile.KeyFingerprint
            || (b.KeyFingerprint == null && b.IsEncrypted && EF.Functions.Collate(b.ProfileId!, "NOCASE") == id));
    }

    private static WrapContext Where(Guid id) => WrappedRow.Of("EncryptionProfiles", id, "WrappedMasterKey");
}
