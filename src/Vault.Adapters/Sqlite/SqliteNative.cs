using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using SQLitePCL;

namespace Vault.Adapters.Sqlite;

/// <summary>
/// Puts Microsoft.Data.Sqlite 10 on SQLitePCLRaw 2.0.6 and on the system's SQLite. The package feed ends at 2.0.6 while the
/// newer library asks for 2.1, so the runtime refuses the version that lies beside the program until it is told; and the
/// SQLite bundled with 2.0.6 is from 2021, while the system's own gets security fixes. Goes away with a 2.1 on the feed:
/// docs/decisions/0005-sqlite-native-library.md.
/// </summary>
public static class SqliteNative
{
    private const string Bundled = "e_sqlite3";
    private static readonly string[] SystemNames = ["libsqlite3.so.0", "libsqlite3.so"];
    private static readonly Lazy<bool> Loaded = new(LoadOnce);

    /// <summary>Idempotent. A program that touches SQLite before any other type of this assembly calls it itself.</summary>
    public static void Load() => _ = Loaded.Value;

    // CA2255: the shim has to be in place before the first type of Microsoft.Data.Sqlite is touched, whoever does it.
#pragma warning disable CA2255
    [ModuleInitializer]
    internal static void LoadWithModule() => Load();
#pragma warning restore CA2255

    private static bool LoadOnce()
    {
        AssemblyLoadContext.Default.Resolving += FindBesideProgram;
        UseSystemLibrary();
        return true;
    }

    // Not inlined: compiling it needs SQLitePCLRaw.core, which the handler above has to answer for.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void UseSystemLibrary()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, FindNative);
        // SqliteFile calls the same library, and it must be the same one: two copies in one process would break locks.
        NativeLibrary.SetDllImportResolver(typeof(SqliteNative).Assembly, FindNative);
        Batteries_V2.Init();
    }

    private static Assembly? FindBesideProgram(AssemblyLoadContext context, AssemblyName name)
    {
        if (name.Name is not "SQLitePCLRaw.core") return null;
        var path = Path.Combine(AppContext.BaseDirectory, "SQLitePCLRaw.core.dll");
        return File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
    }

    private static nint FindNative(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (name != Bundled) return 0;
        foreach (var system in SystemNames)
            if (NativeLibrary.TryLoad(system, out var handle)) return handle;
        return NativeLibrary.Load(Bundled, assembly, search);
    }
}
