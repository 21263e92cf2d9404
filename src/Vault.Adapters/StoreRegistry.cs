using Vault.Adapters.Stores.Local;
using Vault.Core;
using Vault.Core.Stores;

namespace Vault.Adapters;

/// <summary>Every kind of destination that Vault knows. A new one is one folder and one line here.</summary>
public sealed class StoreRegistry
{
    private static readonly IReadOnlyList<(StoreDescription Description, Func<SettingValues, Problem?> Prepare, Func<SettingValues, Result<IObjectStore>> Open)> Kinds =
        [(LocalStore.Description, LocalStore.Prepare, LocalStore.Open)];

    public IReadOnlyList<StoreDescription> All { get; } = [.. Kinds.Select(kind => kind.Description)];

    /// <summary>Makes the place itself, such as a folder, and opens it: for a destination that its owner saves.</summary>
    public Result<IObjectStore> Create(string storeId, SettingValues settings)
    {
        foreach (var kind in Kinds)
            if (kind.Description.Id == storeId && kind.Prepare(settings) is { } problem) return problem;
        return Open(storeId, settings);
    }

    /// <summary>Opens a place that is there already.</summary>
    public Result<IObjectStore> Open(string storeId, SettingValues settings)
    {
        foreach (var kind in Kinds)
            if (kind.Description.Id == storeId) return kind.Open(settings);
        return new Problem("destination-unknown", $"This Vault has no kind of destination called \"{storeId}\".",
            $"Use one of: {string.Join(", ", All.Select(known => known.Id))}.");
    }
}
