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

    public long DatabaseSizeBytes => new FileInfo(folder.DatabasePath).Length;

    public string SystemKeyId => systemKey.KeyId;
}
