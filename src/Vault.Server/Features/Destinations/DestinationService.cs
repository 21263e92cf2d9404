using Microsoft.EntityFrameworkCore;
using Vault.Adapters;
using Vault.Core;
using Vault.Core.Keys;
using Vault.Core.Stores;
using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Settings;

namespace Vault.Server.Features.Destinations;

internal sealed record DestinationRow(
    Guid Id, string Name, string StoreName, string Place, IReadOnlyList<string> JobNames, int BackupCount, long StoredBytes);

internal sealed record DestinationForm(string Name, string Store, SettingValues Values);

internal sealed record DestinationDetails(Guid Id, DestinationForm Form, bool HasSecrets);

internal sealed class DestinationService(
    IDbContextFactory<VaultDb> databases, StoreRegistry stores, WrappedSettings settings, AuditLog audit, TimeProvider clock,
    IConfiguration configuration)
{
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(15);

    public IReadOnlyList<StoreDescription> Stores => stores.All;

    /// <summary>What a new destination starts with: <c>BACKUP_DIR</c> for a folder.</summary>
    public IReadOnlyDictionary<string, string> StartingValues(string store) =>
        configuration["BACKUP_DIR"] is { Length: > 0 } folder && Declared(store)!.Any(s => s.Name == "folder")
            ? new Dictionary<string, string> { ["folder"] = folder }
            : new Dictionary<string, string>();

    public async Task<IReadOnlyList<DestinationRow>> ListAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        var jobs = (await db.Jobs.AsNoTracking().Select(j => new { j.DestinationId, j.Name }).ToListAsync()).ToLookup(j => j.DestinationId, j => j.Name);
        var copies = await db.Copies.GroupBy(c => c.DestinationId)
            .Select(g => new { g.Key, Count = g.Count(), Bytes = g.Sum(c => c.SizeBytes) }).ToDictionaryAsync(g => g.Key);
        return [.. (await db.Destinations.AsNoTracking().OrderBy(d => d.Name).ToListAsync()).Select(d => new DestinationRow(
            d.Id, d.Name, NameOf(d.Store), PlaceOf(d), [.. jobs[d.Id]], copies.GetValueOrDefault(d.Id)?.Count ?? 0, copies.GetValueOrDefault(d.Id)?.Bytes ?? 0))];
    }

    public async Task<DestinationDetails?> FindAsync(Guid id)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Destinations.AsNoTracking().FirstOrDefaultAsync(d => d.Id == id) is { } found
            ? new(id, new(found.Name, found.Store, new(WrappedSettings.Visible(StoredOf(found)))), found.WrappedSecrets is not null)
            : null;
    }

    /// <summary>Free and total space, asked of the place itself within seconds.</summary>
    public async Task<Result<StoreSpace>> FindSpaceAsync(Guid id, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(CheckLimit);
        try
        {
            await using var store = await OpenStoreAsync(id);
            return await store.GetSpaceAsync(limit.Token);
        }
        catch (ProblemException e)
        {
            return e.Problem;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            return new Problem("destination-unreachable", "The destination does not answer, so nothing can be backed up to it now.", "Check that it is there and that Vault may write to it.");
        }
    }

    /// <param name="id">Null adds a destination.</param>
    public async Task<Result<Guid>> SaveAsync(Guid? id, DestinationForm form, Actor actor)
    {
        var saved = await SaveAsync(id, form);
        await audit.WriteAsync(actor, id is null ? "destination-added" : "destination-changed", form.Name.Trim(), saved.IsOk ? AuditLog.Succeeded : $"{AuditLog.Refused}: {saved.Problem!.Code}");
        return saved;
    }

    /// <summary>Null: deleted. What is stored there stays there.</summary>
    public async Task<Problem?> DeleteAsync(Guid id, Actor actor)
    {
        await using var db = await databases.CreateDbContextAsync();
        if (await db.Destinations.FindAsync(id) is not { } found)
            return null;
        var jobs = await db.Jobs.Where(j => j.DestinationId == id).Select(j => j.Name).ToListAsync();
        if (jobs.Count > 0)
            return new("destination-in-use", $"The destination \"{found.Name}\" is used by {string.Join(", ", jobs.Select(j => $"\"{j}\""))}.", "Delete that job first, or give it another destination.");
        if (await db.Copies.CountAsync(c => c.DestinationId == id) is > 0 and var copies)
            return new("destination-in-use", $"The destination \"{found.Name}\" holds {copies} backup{(copies == 1 ? "" : "s")}.", "Delete those backups first.");
        db.Remove(found);
        await db.SaveChangesAsync();
        await audit.WriteAsync(actor, "destination-deleted", found.Name);
        return null;
    }

    /// <exception cref="ProblemException">There is no such destination, or it cannot be opened.</exception>
    public async Task<IObjectStore> OpenStoreAsync(Guid id)
    {
        await using var db = await databases.CreateDbContextAsync();
        var found = await db.Destinations.AsNoTracking().FirstOrDefaultAsync(d => d.Id == id)
            ?? throw new ProblemException("destination-missing", "The destination no longer exists, so its backups cannot be reached.", "Choose another destination in the job.");
        return stores.Open(found.Store, settings.Open(StoredOf(found), Where(id))).Value;
    }

    private async Task<Result<Guid>> SaveAsync(Guid? id, DestinationForm form)
    {
        var name = FormCheck.Name(form.Name, "destination");
        if (!name.IsOk)
            return name.Problem!;
        await using var db = await databases.CreateDbContextAsync();
        var stored = id is null ? null : await db.Destinations.FindAsync(id);
        if (id is not null && stored is null)
            return new Problem("destination-missing", "The destination was deleted meanwhile, so nothing was saved.", "Add it again.");
        if (await db.Destinations.AnyAsync(d => d.Id != id && d.Name == name.Value))
            return FormCheck.NameTaken(name.Value, "destination");
        var complete = await CompleteAsync(form, stored);
        return complete.IsOk ? await WriteAsync(db, stored, name.Value, form.Store, complete.Value) : complete.Problem!;
    }

    private async Task<Guid> WriteAsync(VaultDb db, Destination? stored, string name, string store, SettingValues values)
    {
        var id = stored?.Id ?? Guid.NewGuid();
        var (json, wrapped) = settings.Protect(Declared(store)!, values, Where(id));
        if (stored is null)
            db.Add(new Destination { Id = id, Name = name, Store = store, SettingsJson = json, WrappedSecrets = wrapped, CreatedAt = clock.GetUtcNow() });
        else
            (stored.Name, stored.Store, stored.SettingsJson, stored.WrappedSecrets) = (name, store, json, wrapped);
        await db.SaveChangesAsync();
        return id;
    }

    private async Task<Result<SettingValues>> CompleteAsync(DestinationForm form, Destination? stored)
    {
        if (Declared(form.Store) is not { } declared)
            return new Problem("store-unknown", $"This Vault has no kind of destination called \"{form.Store}\".", "Choose one from the list.");
        var isSameStore = stored?.Store == form.Store;
        var entered = FormCheck.WithDefaults(declared, form.Values);
        var kept = isSameStore ? settings.Keep(declared, StoredOf(stored!), Where(stored!.Id), entered) : entered;
        if (!kept.IsOk)
            return kept;
        if (FormCheck.Find(declared, kept.Value) is { } problem)
            return problem;
        var opened = stores.Create(form.Store, kept.Value);
        if (!opened.IsOk)
            return opened.Problem!;
        await opened.Value.DisposeAsync();
        return kept;
    }

    private IReadOnlyList<Setting>? Declared(string store) => stores.All.FirstOrDefault(s => s.Id == store)?.Settings;

    private string NameOf(string store) => stores.All.FirstOrDefault(s => s.Id == store)?.DisplayName ?? store;

    private static string PlaceOf(Destination destination) =>
        string.Join(", ", WrappedSettings.Visible(StoredOf(destination)).Values);

    private static StoredSettings StoredOf(Destination destination) => new(destination.SettingsJson, destination.WrappedSecrets);

    private static WrapContext Where(Guid id) => WrappedRow.Of("Destinations", id, "WrappedSecrets");
}
