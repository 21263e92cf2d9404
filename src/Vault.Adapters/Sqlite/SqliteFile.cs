using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Vault.Adapters.Sqlite;

/// <summary>
/// A file as SQLite itself has it open (sqlite3_file). Vault never opens the database file beside SQLite: closing a second
/// descriptor would drop all POSIX locks of this process on it (sqlite.org/howtocorrupt.html, 2.2).
/// </summary>
internal readonly unsafe partial struct SqliteFile
{
    private const int DatabaseFile = 7; // SQLITE_FCNTL_FILE_POINTER
    private const int JournalFile = 28; // SQLITE_FCNTL_JOURNAL_POINTER: the WAL's file in WAL mode
    private const int ShortRead = 522; // SQLITE_IOERR_SHORT_READ: the rest of the buffer was zeroed
    private readonly nint file;

    private SqliteFile(nint file) => this.file = file;

    public static SqliteFile OfDatabase(SqliteConnection connection) => Of(connection, DatabaseFile);

    public static SqliteFile OfLog(SqliteConnection connection) => Of(connection, JournalFile);

    /// <summary>False when the file ends before the buffer is full.</summary>
    public bool TryRead(Span<byte> buffer, long offset)
    {
        if (file == 0 || *(nint*)file == 0) return false; // SQLite has not opened it
        var read = (delegate* unmanaged<nint, byte*, int, long, int>)(*(Methods**)file)->Read;
        int code;
        fixed (byte* start = buffer) code = read(file, start, buffer.Length, offset);
        return code switch
        {
            0 => true,
            ShortRead => false,
            _ => throw new IOException($"SQLite could not read its file (code {code})."),
        };
    }

    /// <summary>Stops the statement that another thread is waiting for.</summary>
    public static void Interrupt(SqliteConnection connection) => Interrupt(HandleOf(connection));

    // By reflection: its type stands in the SQLitePCLRaw that the compiler is not given, see SqliteNative (CS1705).
    private static nint HandleOf(SqliteConnection connection) =>
        ((SafeHandle)typeof(SqliteConnection).GetProperty("Handle")!.GetValue(connection)!).DangerousGetHandle();

    public long SizeBytes()
    {
        if (file == 0 || *(nint*)file == 0) return 0;
        long size = 0;
        var code = ((delegate* unmanaged<nint, long*, int>)(*(Methods**)file)->FileSize)(file, &size);
        return code == 0 ? size : throw new IOException($"SQLite did not tell the size of its file (code {code}).");
    }

    private static SqliteFile Of(SqliteConnection connection, int which)
    {
        nint file = 0;
        var code = FileControl(HandleOf(connection), "main", which, &file);
        return code == 0 ? new SqliteFile(file) : throw new IOException($"SQLite did not give its file (code {code}).");
    }

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_interrupt")]
    private static partial void Interrupt(nint connection);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileControl(nint connection, string database, int operation, nint* argument);

    /// <summary>The beginning of sqlite3_io_methods.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Methods
    {
        public int Version;
        public nint Close;
        public nint Read;
        public nint Write;
        public nint Truncate;
        public nint Sync;
        public nint FileSize;
    }
}
