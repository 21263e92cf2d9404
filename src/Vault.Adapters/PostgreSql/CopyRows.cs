namespace Vault.Adapters.PostgreSql;

/// <summary>Counts rows in COPY's text format: one line each, until the line "\." (which no row can be: its backslash would be doubled).</summary>
internal struct CopyRows
{
    private int lineBytes; // of the line under way, as far as it matters: 0, 1, 2, or 3 for "more"
    private bool isMaybeEnd;

    public long Count { get; private set; }

    public bool HasEnded { get; private set; }

    /// <summary>Returns how many bytes belonged to the rows and their end line.</summary>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        while (!HasEnded && taken < bytes.Length)
        {
            var rest = bytes[taken..];
            var newline = rest.IndexOf((byte)'\n');
            Note(newline < 0 ? rest : rest[..newline]);
            taken += newline < 0 ? rest.Length : newline + 1;
            if (newline >= 0) EndLine();
        }

        return taken;
    }

    private void Note(ReadOnlySpan<byte> part)
    {
        for (var i = 0; i < part.Length && lineBytes < 3; i++, lineBytes++)
            isMaybeEnd = lineBytes switch { 0 => part[i] == '\\', 1 => isMaybeEnd && part[i] == '.', _ => false };
    }

    private void EndLine()
    {
        if (isMaybeEnd && lineBytes == 2) HasEnded = true;
        else Count++;
        (lineBytes, isMaybeEnd) = (0, false);
    }
}
