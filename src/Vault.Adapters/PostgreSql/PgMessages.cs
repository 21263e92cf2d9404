using System.Text.RegularExpressions;
using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.PostgreSql;

/// <summary>Collects a tool's lines: each goes to the log at once, and the first error line becomes the problem of the run.</summary>
internal sealed partial class PgMessages(IRunLog log, string tool)
{
    private const int CauseLines = 5;
    private readonly Lock gate = new();
    private readonly QuotedRows rows = new();
    private readonly List<string> cause = []; // the first error line, and the lines behind it that explain it

    public void Take(string text)
    {
        string? line;
        lock (gate) line = rows.Hide(text);
        if (line is null) return;
        var level = LevelOf(line);
        log.Write(level, line);
        lock (gate)
            if (cause.Count > 0 ? cause.Count < CauseLines : level == LogLevel.Error) cause.Add(line);
    }

    /// <summary>Null when the tool ended well and complained about nothing.</summary>
    public Problem? Judge(int exitCode, string effect)
    {
        string[] lines;
        lock (gate) lines = [.. cause.Select(Cause)];
        if (lines.Length > 0) return Translate(lines[0], string.Join('\n', lines), effect);
        return exitCode == 0 ? null : new("tool-failed", $"{tool} ended with code {exitCode}; {effect}.",
            exitCode > 128 ? "It was killed: check the machine's memory and its log, then start again." : "Read the log of this run, then start again.");
    }

    public static LogLevel LevelOf(string line) =>
        ErrorLine().IsMatch(line) ? LogLevel.Error : WarningLine().IsMatch(line) ? LogLevel.Warning : LogLevel.Info;

    private Problem Translate(string first, string cause, string effect)
    {
        Match match;
        if ((match = Denied().Match(cause)).Success)
            return new("table-permission", $"The user may not read or write the {match.Groups[1].Value}; {effect}.",
                "Grant it the right (for a backup: GRANT pg_read_all_data TO the user, or GRANT SELECT on the object), then start again.");
        if ((match = NoRole().Match(cause)).Success)
            return new("role-missing", $"The backup gives things to the role \"{match.Groups[1].Value}\", which this server does not have; {effect}.",
                $"Create it there (CREATE ROLE \"{match.Groups[1].Value}\"), then restore again.");
        if ((match = NoExtension().Match(cause)).Success)
            return new("extension-missing", $"The backup needs the extension \"{match.Groups[1].Value}\", which is not installed on the server; {effect}.",
                "Install the extension's package on the server, then restore again.");
        if (cause.Contains("server version mismatch", StringComparison.Ordinal))
            return new("tool-too-old", $"{tool} is older than the server; {effect}.", "Install the client tools of the server's version on the machine of Vault.");
        if (cause.Contains("backslash commands are restricted", StringComparison.Ordinal) || cause.Contains("\\unrestrict: ", StringComparison.Ordinal))
            return new("script-forbidden", $"The script in the backup holds a psql command, such as \\! or \\connect, which no dump of one database needs; {effect}.",
                "Find out who made this backup before you trust it; the log names the line.");
        if (cause.Contains("invalid command \\restrict", StringComparison.Ordinal))
            return new("tool-too-old", $"{tool} is from before August 2025 and cannot keep a script from running programs on this machine (CVE-2025-8714); {effect}.",
                "Update the client tools on the machine of Vault.");
        if (cause.Contains("unsupported version", StringComparison.Ordinal))
            return new("tool-too-old", $"{tool} is older than the pg_dump that made the backup; {effect}.", "Update the client tools on the machine of Vault.");
        if (ConnectionLost().IsMatch(cause))
            return new("connection-lost", $"The server ended the connection of {tool} ({first}); {effect}.",
                "Look into the server's own log for the reason, then start again.");
        if (cause.Contains("lock timeout", StringComparison.Ordinal) || cause.Contains("statement timeout", StringComparison.Ordinal))
            return new("table-locked", $"Another session held a table locked for too long; {effect}.", "Start again when it has ended, or end it.");
        if (cause.Contains("No space left on device", StringComparison.Ordinal))
            return new("server-full", $"The disk of the database server is full; {effect}.", "Free space on the server, then start again.");
        if (cause.Contains("out of shared memory", StringComparison.Ordinal))
            return new("server-locks", $"The server ran out of locks for one transaction; {effect}.", "Raise max_locks_per_transaction on the server, then start again.");
        return new("tool-failed", $"{tool} said: {first}; {effect}.", "Read the log of this run for the lines around it, then start again.");
    }

    private static string Cause(string line) => Prefix().Replace(line, "").TrimEnd('.', ' ');

    [GeneratedRegex(@"^(\S*(pg_dump|pg_restore|psql)\S*( \(PID \d+\))?: (error|fatal):|(psql:\S+:\d+: )?(ERROR|FATAL|PANIC): )", RegexOptions.IgnoreCase)]
    private static partial Regex ErrorLine();

    [GeneratedRegex(@"(^|: )warning:", RegexOptions.IgnoreCase)]
    private static partial Regex WarningLine();

    [GeneratedRegex(@"^\S*(pg_dump|pg_restore|psql)\S*: (error: |fatal: |FATAL:  |ERROR:  )?")]
    private static partial Regex Prefix();

    [GeneratedRegex(@"permission denied for ((?:table|sequence|schema|view|large object|materialized view|relation|function|foreign table) ?\S*)")]
    private static partial Regex Denied();

    [GeneratedRegex("role \"([^\n]+)\" does not exist")]
    private static partial Regex NoRole();

    [GeneratedRegex("extension \"(.+?)\" is not available")]
    private static partial Regex NoExtension();

    [GeneratedRegex("server closed the connection|terminating connection|connection to server was lost|no connection to the server|SSL SYSCALL|could not receive data from server|SSL error")]
    private static partial Regex ConnectionLost();
}
