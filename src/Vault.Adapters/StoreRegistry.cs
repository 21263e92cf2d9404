using Vault.Adapters.Stores.Local;
using Vault.Core;
using Vault.Core.Stores;

namespace Vault.Adapters;

/// <summary>Every kind of destination that Vault knows. A new one is one folder and one line here.</summary>
public sealed class StoreRegistry
{
    private static readonly IReadOnlyList<(StoreDescription Description, Func<SettingValues, Result<IObjectStore>> Open)> Kinds =
        [(LocalStore.Description, LocalStore.Open)];

    public IReadOnlyList<StoreDescription> All { get; } = [.. Kinds.Select(kind => kind.Description)];

    public Result<IObjectStore> Open(string storeId, SettingValues settings)
    {
        foreach (var kind in Kinds)
            if (kind.Description.Id == storeId) return kind.Open(settings);
        return new Problem("destination-unknown", $"This Vault has no kind of destination called \"{storeId}\".",
            $"Use one of: {string.Join(", ", All.Select(known => known.Id))}.");
    }
}
