using System.Runtime.CompilerServices;
using Vault.Adapters.Sqlite;

namespace Vault.Adapters.Tests.Sqlite;

internal static class LoadSqlite
{
    [ModuleInitializer]
    internal static void BeforeAnyTest() => SqliteNative.Load();
}
