using System.Reflection;
using Vault.Core.Keys;
using Vault.Server.Database;

namespace Vault.Server.Features.Settings;

/// <summary>What an owner may know of the vault itself.</summary>
internal sealed class VaultFacts(VaultFolder folder, SystemKey systemKey)
{
    public string Version { get; } =
        typeof(VaultFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public string DatabasePath => folder.DatabasePath;

    /// <summary>With the log of newest writes, which may be most of a small vault.</summary>
    public long DatabaseSizeBytes => new[] { folder.DatabasePath, folder.DatabasePath + "-wal" }.Select(path => new FileInfo(path)).Where(file => file.Exists).Sum(file => file.Length);

    public string SystemKeyId => systemKey.KeyId;
}
