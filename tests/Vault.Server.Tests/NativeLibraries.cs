using System.Runtime.CompilerServices;
using Vault.Adapters.Sqlite;

namespace Vault.Server.Tests;

internal static class NativeLibraries
{
    // CA2255: tests open SQLite files before they touch Vault's own code.
#pragma warning disable CA2255
    [ModuleInitializer]
    internal static void Load() => SqliteNative.Load();
#pragma warning restore CA2255
}
