using System.Text.RegularExpressions;

namespace Vault.Adapters.PostgreSql;

/// <summary>
/// PostgreSQL quotes rows when a restore fails at one, and a run's log is kept unencrypted: the values go, what tells the cause stays.
/// A value may have line ends in it, so what follows a hidden one is hidden up to the next line that begins as a message does.
/// </summary>
internal sealed partial class QuotedRows
{
    private const string Hidden = "…";
    private bool isInValue;

    /// <summary>The line without values; null when nothing of it may be shown.</summary>
    public string? Hide(string line)
    {
        if (isInValue && !Beginning().IsMatch(line)) return null;
        var shown = CopiedRow().Replace(line, $"$1{Hidden}");
        shown = Key().Replace(shown, $"$1({Hidden}$2");
        shown = Quoting().Replace(shown, $"$1 {Hidden}");
        shown = BadValue().Replace(shown, $"$1\"{Hidden}\"");
        shown = OutOfRange().Replace(shown, $"value \"{Hidden}\" $1");
        isInValue = shown != line;
        return shown;
    }

    [GeneratedRegex("^((psql|pg_restore|pg_dump)\\S*:|(ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|LOG|HINT|DETAIL|CONTEXT|QUERY|STATEMENT|LOCATION|LINE \\d+|Command was): |COPY .+, line \\d+)")]
    private static partial Regex Beginning();

    // COPY shop.customers, line 7, column mail: "…"
    [GeneratedRegex("(\\bCOPY .+?, line \\d+(?:, column .+?)?: )\".*$")]
    private static partial Regex CopiedRow();

    // DETAIL:  Key (mail)=(…) already exists.
    [GeneratedRegex("^(DETAIL:  Key \\(.+?\\)=)\\(.*?(\\) (?:already exists|is not present|is still referenced|conflicts|is duplicated).*)?$")]
    private static partial Regex Key();

    [GeneratedRegex("^(DETAIL:  (?:(?:Partition key of the )?[Ff]ailing row contains|Token|Character with value|Lower bound|Array|Unicode)|CONTEXT:  JSON data, line \\d+:).*$")]
    private static partial Regex Quoting();

    // ERROR:  invalid input syntax for type integer: "…"
    [GeneratedRegex("((?:invalid input (?:syntax|value) .+?|malformed .+? literal|value out of range|field value out of range|invalid .+? value): )\".*$")]
    private static partial Regex BadValue();

    [GeneratedRegex("value \".*\" (is out of range)")]
    private static partial Regex OutOfRange();
}
