using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>
/// A plain dump is whole when it ends in pg_dump's own last lines. Since August 2025 pg_dump frames its script in
/// <c>\restrict KEY</c> … <c>\unrestrict KEY</c>; then the keys must be equal.
/// </summary>
internal sealed partial class PlainProof : IDumpProof
{
    private const int TailBytes = 512, HeadBytes = 512, LongestStatement = 1024 * 1024;
    private const int LinesFromHeading = 5; // "-- Data for Name", "--", "", perhaps a SET, then COPY
    private readonly ArrayBufferWriter<byte> line = new();
    private readonly StringBuilder head = new();
    private readonly List<TableRows> tables = [];
    private readonly byte[] tail = new byte[TailBytes];
    private int tailLength;
    private int linesLeft;
    private string? table;
    private CopyRows rows;

    public IReadOnlyList<TableRows> Tables => tables;

    public string Seen => IsWhole()
        ? "The script ends with pg_dump's own last lines."
        : "The script is not pg_dump's and has no end that could be known.";

    public void Observe(ReadOnlySpan<byte> bytes)
    {
        KeepTail(bytes);
        while (!bytes.IsEmpty)
        {
            var used = table is null ? TakeStatement(bytes) : TakeRows(bytes);
            bytes = bytes[used..];
        }
    }

    public Problem? Conclude() => IsWhole() ? null : new("dump-incomplete",
        "The dump does not end with \"PostgreSQL database dump complete\": it was cut off, and is not stored.",
        "Look at the last lines of the log and at the server, then start again.");

    /// <summary>Vault proves its own dumps before it stores them; other programs do not. A script that pg_dump did not begin need not have its end.</summary>
    public Problem? ConcludeRestore() => !Beginning().IsMatch(head.ToString()) || IsWhole() ? null : new("dump-incomplete",
        "The dump in this backup does not end with \"PostgreSQL database dump complete\": it was cut off before it was stored. Nothing was restored, the target is as it was.",
        "Restore another backup. What there is of this one can be looked at after a download.");

    private bool IsWhole()
    {
        var end = EndOfScript().Match(Encoding.UTF8.GetString(tail, 0, tailLength));
        var key = Restrict().Match(head.ToString());
        return table is null && end.Success && key.Groups[1].Value == end.Groups[1].Value;
    }

    private int TakeRows(ReadOnlySpan<byte> bytes)
    {
        var used = rows.Take(bytes);
        if (!rows.HasEnded) return used;
        tables.Add(new TableRows(table!, rows.Count));
        table = null;
        return used;
    }

    private int TakeStatement(ReadOnlySpan<byte> bytes)
    {
        var newline = bytes.IndexOf((byte)'\n');
        var part = newline < 0 ? bytes : bytes[..newline];
        if (line.WrittenCount < LongestStatement) line.Write(part);
        if (newline < 0) return bytes.Length;
        EndStatementLine();
        line.ResetWrittenCount();
        return newline + 1;
    }

    private void EndStatementLine()
    {
        var bytes = line.WrittenSpan;
        if (head.Length < HeadBytes) head.Append(Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, HeadBytes)])).Append('\n');
        linesLeft = IsHeading(bytes) ? LinesFromHeading : linesLeft - 1;
        // Only after its heading: a function's body may hold a line that looks like COPY.
        if (linesLeft <= 0 || !bytes.StartsWith("COPY "u8) || !bytes.EndsWith(" FROM stdin;"u8)) return;
        table = NameIn(Encoding.UTF8.GetString(bytes[5..]));
        rows = new CopyRows();
        linesLeft = 0;
    }

    private static bool IsHeading(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("-- Data for Name: "u8) && bytes.IndexOf("; Type: TABLE DATA; "u8) > 0;

    /// <summary>"public.\"Odd \"\"name\"\"\" (a, b) FROM stdin;" → public.Odd "name"</summary>
    private static string NameIn(string statement)
    {
        var name = new StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < statement.Length && (isQuoted || statement[i] != ' '); i++)
        {
            if (statement[i] != '"') name.Append(statement[i]);
            else if (isQuoted && i + 1 < statement.Length && statement[i + 1] == '"') name.Append(statement[++i]);
            else isQuoted = !isQuoted;
        }

        return name.ToString();
    }

    private void KeepTail(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= TailBytes)
        {
            bytes[^TailBytes..].CopyTo(tail);
            tailLength = TailBytes;
            return;
        }

        var kept = Math.Min(tailLength, TailBytes - bytes.Length);
        tail.AsSpan(tailLength - kept, kept).CopyTo(tail);
        bytes.CopyTo(tail.AsSpan(kept));
        tailLength = kept + bytes.Length;
    }

    [GeneratedRegex(@"\n--\n-- PostgreSQL database dump complete\n--\n\n(?:\\unrestrict (\w+)\n\n)?\z")]
    private static partial Regex EndOfScript();

    [GeneratedRegex(@"\A--\n-- PostgreSQL database dump\n--\n")]
    private static partial Regex Beginning();

    [GeneratedRegex(@"(?:\A|\n)\\restrict (\w+)\n")]
    private static partial Regex Restrict();
}
