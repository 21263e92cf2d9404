using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.EntityFrameworkCore;
using Vault.Core.Keys;

namespace Vault.Server.Database;

/// <summary>
/// Keeps the keys of ASP.NET Core's data protection in the vault database, wrapped like every other secret (design §3),
/// so that one rotation re-wraps them too and no plaintext key is on disk.
/// </summary>
internal sealed class WrappedKeyRepository(IDbContextFactory<VaultDb> databases, SystemKey systemKey, TimeProvider clock) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var db = databases.CreateDbContext();
        return [.. db.DataProtectionKeys.AsNoTracking().AsEnumerable().Select(Open)];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        var id = Guid.NewGuid();
        var xml = Encoding.UTF8.GetBytes(element.ToString(SaveOptions.DisableFormatting));
        using var db = databases.CreateDbContext();
        db.Add(new DataProtectionKey
        {
            Id = id,
            FriendlyName = friendlyName,
            WrappedXml = systemKey.Wrap(xml, Where(id)),
            CreatedAt = clock.GetUtcNow(),
        });
        db.SaveChanges();
    }

    private XElement Open(DataProtectionKey key) =>
        XElement.Parse(Encoding.UTF8.GetString(systemKey.Unwrap(key.WrappedXml, Where(key.Id)).Value));

    private static WrapContext Where(Guid id) => WrappedRow.Of("DataProtectionKeys", id, "WrappedXml");
}
