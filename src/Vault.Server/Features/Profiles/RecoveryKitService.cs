using Microsoft.EntityFrameworkCore;
using Vault.Adapters;
using Vault.Core;
using Vault.Core.Metadata;
using Vault.Server.Database;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Backups;
using Vault.Server.Features.Destinations;
using Vault.Server.Features.Settings;

namespace Vault.Server.Features.Profiles;

/// <summary>One download: the kit, and the ticket that it answers.</summary>
internal sealed record RecoveryKitDownload(RecoveryKitZip Zip, RecoveryKitTicket Ticket);

/// <summary>The key of a profile with all that is needed to open its backups when this vault is gone.</summary>
internal sealed class RecoveryKitService(
    IDbContextFactory<VaultDb> databases, ProfileService profiles, AccountService accounts, RecoveryKitTickets tickets, StoreRegistry stores,
    VaultFacts vault, AuditLog audit, TimeProvider clock)
{
    private const string Action = "recovery-kit-downloaded";

    private static readonly Problem TicketOver = new("kit-ticket-over",
        "This download was used already or is older than a minute, so no kit was sent.", "Ask for the Recovery Kit again.");

    /// <summary>Leave to download, after the account's password was typed again.</summary>
    public async Task<Result<RecoveryKitTicket>> PermitAsync(Guid profileId, string password, Actor actor)
    {
        if (await profiles.ConfirmAdminAsync(Action, profileId, password, actor) is { } refused)
            return refused;
        await using var db = await databases.CreateDbContextAsync();
        return await db.EncryptionProfiles.AnyAsync(p => p.Id == profileId) ? tickets.Issue(profileId, actor) : ProfileService.Missing;
    }

    /// <param name="address">Under which the browser reached this vault.</param>
    public async Task<Result<RecoveryKitDownload>> OpenAsync(string ticketWord, string address, Actor actor)
    {
        var ticket = tickets.Redeem(ticketWord, actor);
        var opened = ticket is null ? TicketOver : await OpenAsync(ticket, address, actor);
        if (!opened.IsOk)
        {
            await audit.WriteAsync(actor, Action, ticket?.ProfileId.ToString(), $"{AuditLog.Refused}: {opened.Problem!.Code}");
            ticket?.End(false);
        }
        return opened;
    }

    /// <summary>The profile has a kit only when the whole of it went out.</summary>
    public async Task SendAsync(RecoveryKitDownload download, Stream to, CancellationToken cancel)
    {
        using var zip = download.Zip;
        var isSent = false;
        try
        {
            await to.WriteAsync(zip.Content, cancel);
            await to.FlushAsync(cancel);
            await MarkAsync(download.Ticket.ProfileId);
            isSent = true;
        }
        finally
        {
            download.Ticket.End(isSent);
        }
    }

    private async Task<Result<RecoveryKitDownload>> OpenAsync(RecoveryKitTicket ticket, string address, Actor actor)
    {
        // The role may have been taken away since the password was typed.
        if (!await accounts.IsAsync(actor, AccountRole.Admin))
            return ProfileService.NotAllowed;
        await using var db = await databases.CreateDbContextAsync();
        if (await db.EncryptionProfiles.AsNoTracking().FirstOrDefaultAsync(p => p.Id == ticket.ProfileId) is not { } profile)
            return ProfileService.Missing;
        var facts = await FactsAsync(db, profile, address);
        using var key = await profiles.OpenKeyAsync(profile.Id);
        var zip = RecoveryKitZip.Make(facts, key);
        // Written before the key goes out: a download that cannot be recorded does not happen.
        await audit.WriteAsync(actor, Action, profile.Name);
        return new RecoveryKitDownload(zip, ticket);
    }

    private async Task<RecoveryKitFacts> FactsAsync(VaultDb db, EncryptionProfile profile, string address)
    {
        var backups = await ProfileService.MadeWith(db, profile).AsNoTracking().Include(b => b.Copies).OrderByDescending(b => b.StartedAt).ToListAsync();
        var destinations = await db.Destinations.AsNoTracking().OrderBy(d => d.Name).ToListAsync();
        var ofJobs = await db.Jobs.Where(j => j.ProfileId == profile.Id).Select(j => j.DestinationId).ToListAsync();
        var used = backups.SelectMany(b => b.Copies.Select(c => c.DestinationId)).Concat(ofJobs).ToHashSet();
        var names = destinations.ToDictionary(d => d.Id, d => d.Name);
        return new(profile.Name, profile.KeyFingerprint, clock.GetUtcNow(), $"the Vault at {address} (System Key {vault.SystemKeyId}, version {vault.Version})",
            [.. destinations.Where(d => used.Contains(d.Id)).Select(PlaceOf)],
            [.. backups.Select(b => RowOf(b, names))]);
    }

    private RecoveryKitDestination PlaceOf(Destination destination)
    {
        var store = stores.All.FirstOrDefault(s => s.Id == destination.Store);
        var visible = WrappedSettings.Visible(new(destination.SettingsJson, Wrapped: null));
        // Named by the store itself, so that nothing comes along that it calls a secret.
        var settings = store?.Settings.Where(s => s.Kind != SettingKind.Secret && visible.ContainsKey(s.Name)).ToDictionary(s => s.Label, s => visible[s.Name]);
        return new(destination.Name, store?.DisplayName ?? destination.Store, settings ?? []);
    }

    private static RecoveryKitBackup RowOf(Backup b, Dictionary<Guid, string> destinations) => new(
        b.StartedAt, b.JobName, b.SourceName, b.Engine, b.Databases, b.DumpFormat, b.Format, b.Compression, b.State.ToString(), b.Description,
        [.. b.Copies.Select(c => new RecoveryKitCopy(destinations.GetValueOrDefault(c.DestinationId, "a destination that is gone"), c.ObjectName, ObjectNames.MetadataOf(c.ObjectName), c.SizeBytes))]);

    private async Task MarkAsync(Guid profileId)
    {
        await using var db = await databases.CreateDbContextAsync();
        var now = clock.GetUtcNow();
        await db.EncryptionProfiles.Where(p => p.Id == profileId).ExecuteUpdateAsync(p => p.SetProperty(e => e.KitDownloadedAt, now));
    }
}
