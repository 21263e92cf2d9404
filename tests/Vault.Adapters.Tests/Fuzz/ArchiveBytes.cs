using System.Text;

namespace Vault.Adapters.Tests.Fuzz;

/// <summary>Writes a small custom archive as pg_dump does (pg_backup_archiver.c: WriteHead, WriteToc), so that no server is needed.</summary>
internal sealed class ArchiveBytes(byte minor)
{
    private const int IntBytes = 4;
    private const int OffsetBytes = 8;
    private readonly MemoryStream bytes = new();

    /// <param name="second">Id of the second table's data.</param>
    public static byte[] Make(byte minor, int second = 3)
    {
        var archive = new ArchiveBytes(minor);
        archive.Head(entries: 4);
        archive.Entry(1, hasData: false, "shop", "TABLE", copy: null);
        archive.Entry(2, hasData: true, "orders", "TABLE DATA", "COPY public.orders (a, b) FROM stdin;\n");
        archive.Entry(second, hasData: true, "customers", "TABLE DATA", "COPY public.customers (a) FROM stdin;\n");
        archive.Entry(4, hasData: true, "BLOBS", "BLOBS", copy: null);
        archive.Rows(2, "1\tone\n2\ttwo\n", "3\tthree\n\\.\n");
        archive.Rows(second, "x\n\\.\n");
        archive.LargeObjects(4);
        return archive.bytes.ToArray();
    }

    private void Head(int entries)
    {
        bytes.Write([.. "PGDMP"u8, 1, minor, 0, IntBytes, OffsetBytes, 1]);
        if (minor >= 15) bytes.WriteByte(0);
        else Int(0);
        for (var field = 0; field < 7; field++) Int(field);
        Text("shop");
        Text("15.18");
        Text("15.18");
        Int(entries);
    }

    private void Entry(int id, bool hasData, string tag, string kind, string? copy)
    {
        Int(id);
        Int(hasData ? 1 : 0);
        foreach (var text in new[] { "1259", "16384", tag, kind }) Text(text);
        Int(3);
        foreach (var text in new[] { "CREATE TABLE …;\n", "DROP TABLE …;\n", copy, "public", null }) Text(text);
        if (minor >= 14) Text("heap");
        if (minor >= 16) Int('r');
        Text("ann");
        Text("false");
        Text("1");
        Text(null);
        bytes.Write(new byte[1 + OffsetBytes]);
    }

    private void Rows(int id, params string[] chunks)
    {
        bytes.WriteByte(1);
        Int(id);
        Chunks(chunks);
    }

    private void LargeObjects(int id)
    {
        bytes.WriteByte(3);
        Int(id);
        Int(16400);
        Chunks(["large", "object"]);
        Int(0);
    }

    private void Chunks(string[] chunks)
    {
        foreach (var chunk in chunks) Text(chunk);
        Int(0);
    }

    private void Int(int value) => bytes.Write([(byte)(value < 0 ? 1 : 0), .. BitConverter.GetBytes(Math.Abs(value))]);

    private void Text(string? text)
    {
        Int(text is null ? -1 : Encoding.UTF8.GetByteCount(text));
        bytes.Write(Encoding.UTF8.GetBytes(text ?? ""));
    }
}
