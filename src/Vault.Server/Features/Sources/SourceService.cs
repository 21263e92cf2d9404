using Microsoft.EntityFrameworkCore;
using Vault.Adapters;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Core.Keys;
using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Settings;

namespace Vault.Server.Features.Sources;

/// <param name="Place">Where it is, in words: <c>shop at db.example:5432</c>.</param>
/// <param name="JobNames">The jobs that back it up.</param>
internal sealed record SourceRow(Guid Id, string Name, string Engine, string EngineName, string Place, DateTimeOffset CreatedAt, IReadOnlyList<string> JobNames);

/// <summary>What the form holds. Secrets that were left empty keep what is stored.</summary>
internal sealed record SourceForm(string Name, string Engine, SettingValues Values);

/// <param name="HasSecrets">Whether secrets are stored; they are never shown.</param>
internal sealed record SourceDetails(Guid Id, SourceForm Form, bool HasSecrets);

internal sealed class SourceService(
    IDbContextFactory<VaultDb> databases, EngineRegistry engines, WrappedSettings settings, AuditLog audit, TimeProvider clock)
{
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(15);

    public IReadOnlyList<EngineDescription> Engines { get; } = [.. engines.All.Select(e => e.Description)];

    public async Task<IReadOnlyList<SourceRow>> ListAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        var jobs = (await db.Jobs.AsNoTracking().Select(j => new { j.SourceId, j.Name }).ToListAsync()).ToLookup(j => j.SourceId, j => j.Name);
        return [.. (await db.Sources.AsNoTracking().OrderBy(s => s.Name).ToListAsync()).Select(s => new SourceRow(
            s.Id, s.Name, s.Engine, engines.Find(s.Engine)?.Description.DisplayName ?? s.Engine, PlaceOf(s), s.CreatedAt, [.. jobs[s.Id]]))];
    }

    public async Task<SourceDetails?> FindAsync(Guid id)
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Sources.AsNoTracking().FirstOrDefaultAsync(s => s.Id == id) is { } source
            ? new(id, new(source.Name, source.Engine, new(WrappedSettings.Visible(StoredOf(source)))), source.WrappedSecrets is not null)
            : null;
    }

    /// <summary>Reads a <c>DATABASE_URL</c>: the engine whose address it is, and its settings.</summary>
    public Result<SourceForm> ReadUrl(string url)
    {
        Problem? first = null;
        foreach (var engine in engines.All)
        {
            var read = engine.ParseUrl(url.Trim());
            if (read.IsOk)
                return new SourceForm(read.Value["database"] ?? "", engine.Description.Id, read.Value);
            first ??= read.Problem;
        }
        return first ?? NoEngine("");
    }

    /// <param name="id">Null adds a source.</param>
    public async Task<Result<Guid>> SaveAsync(Guid? id, SourceForm form, Actor actor)
    {
        var saved = await SaveAsync(id, form);
        await audit.WriteAsync(actor, id is null ? "source-added" : "source-changed", form.Name.Trim(), saved.IsOk ? AuditLog.Succeeded : $"{AuditLog.Refused}: {saved.Problem!.Code}");
        return saved;
    }

    /// <summary>Tries the settings of the form, saved or not.</summary>
    public async Task<SourceCheck> CheckAsync(Guid? id, SourceForm form, CancellationToken cancel)
    {
        await using var db = await databases.CreateDbContextAsync(cancel);
        var stored = await db.Sources.AsNoTracking().FirstOrDefaultAsync(s => s.Id == id, cancel);
        var complete = Complete(form, stored);
        if (!complete.IsOk)
            return Failed(complete.Problem!);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(CheckLimit);
        try
        {
            return await engines.Find(form.Engine)!.CheckAsync(complete.Value, limit.Token);
        }
        catch (ProblemException e)
        {
            return Failed(e.Problem);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Failed(new("source-silent", "The server did not answer within 15 seconds, so a backup would fail.", "Check host, port and firewall."));
        }
    }

    /// <summary>Null: deleted.</summary>
    public async Task<Problem?> DeleteAsync(Guid id, Actor actor)
    {
        await using var db = await databases.CreateDbContextAsync();
        if (await db.Sources.FindAsync(id) is not { } source)
            return null;
        var jobs = await db.Jobs.Where(j => j.SourceId == id).Select(j => j.Name).ToListAsync();
        if (jobs.Count > 0)
            return new("source-in-use", $"The source \"{source.Name}\" is backed up by {Names(jobs)}.", "Delete that job first, or give it another source.");
        db.Remove(source);
        await db.SaveChangesAsync();
        await audit.WriteAsync(actor, "source-deleted", source.Name);
        return null;
    }

    /// <summary>All settings, with secrets, for the run that needs them.</summary>
    /// <exception cref="ProblemException">There is no such source, or its secrets do not open.</exception>
    public async Task<SettingValues> OpenSettingsAsync(Guid id)
    {
        await using var db = await databases.CreateDbContextAsync();
        var source = await db.Sources.AsNoTracking().FirstOrDefaultAsync(s => s.Id == id)
            ?? throw new ProblemException("source-missing", "The source no longer exists, so its database cannot be reached.", "Choose another source in the job.");
        return settings.Open(StoredOf(source), Where(id));
    }

    private async Task<Result<Guid>> SaveAsync(Guid? id, SourceForm form)
    {
        var name = FormCheck.Name(form.Name, "source");
        if (!name.IsOk)
            return name.Problem!;
        await using var db = await databases.CreateDbContextAsync();
        var stored = id is null ? null : await db.Sources.FindAsync(id);
        if (id is not null && stored is null)
            return new Problem("source-missing", "The source was deleted meanwhile, so nothing was saved.", "Add it again.");
        if (await db.Sources.AnyAsync(s => s.Id != id && s.Name == name.Value))
            return FormCheck.NameTaken(name.Value, "source");
        var complete = Complete(form, stored);
        return complete.IsOk ? await WriteAsync(db, stored, name.Value, form.Engine, complete.Value) : complete.Problem!;
    }

    private async Task<Guid> WriteAsync(VaultDb db, Source? stored, string name, string engine, SettingValues values)
    {
        var id = stored?.Id ?? Guid.NewGuid();
        var (json, wrapped) = settings.Protect(engines.Find(engine)!.Description.Settings, values, Where(id));
        if (stored is null)
            db.Add(new Source { Id = id, Name = name, Engine = engine, SettingsJson = json, WrappedSecrets = wrapped, CreatedAt = clock.GetUtcNow() });
        else
            (stored.Name, stored.Engine, stored.SettingsJson, stored.WrappedSecrets) = (name, engine, json, wrapped);
        await db.SaveChangesAsync();
        return id;
    }

    private Result<SettingValues> Complete(SourceForm form, Source? stored)
    {
        if (engines.Find(form.Engine)?.Description.Settings is not { } declared)
            return NoEngine(form.Engine);
        var isSameEngine = stored?.Engine == form.Engine;
        var entered = FormCheck.WithDefaults(declared, form.Values);
        var kept = isSameEngine ? settings.Keep(declared, StoredOf(stored!), Where(stored!.Id), entered) : entered;
        if (!kept.IsOk)
            return kept;
        return FormCheck.Find(declared, kept.Value) is { } problem ? problem : kept;
    }

    private static string PlaceOf(Source source)
    {
        var visible = new SettingValues(WrappedSettings.Visible(StoredOf(source)));
        return visible["path"] ?? $"{visible["database"]} at {visible["host"]}:{visible["port"]}";
    }

    private static string Names(List<string> jobs) => $"the job{(jobs.Count > 1 ? "s" : "")} {string.Join(", ", jobs.Select(j => $"\"{j}\""))}";

    private static SourceCheck Failed(Problem problem) => new(null, null, [], problem);

    private static Problem NoEngine(string id) => new("engine-unknown", $"This Vault has no engine called \"{id}\".", "Choose one from the list.");

    private static StoredSettings StoredOf(Source source) => new(source.SettingsJson, source.WrappedSecrets);

    private static WrapContext Where(Guid id) => WrappedRow.Of("Sources", id, "WrappedSecrets");
}
