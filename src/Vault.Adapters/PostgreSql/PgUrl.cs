using Npgsql;
using Vault.Core;

namespace Vault.Adapters.PostgreSql;

/// <summary>Reads <c>postgres://</c> URLs and "Host=…;Database=…" strings. Its problems never repeat the text: it holds a password.</summary>
internal static class PgUrl
{
    private static readonly Problem Unreadable = new("url-unreadable",
        "The text is no PostgreSQL connection URL that Vault can read.",
        "Paste one such as postgres://user:password@host:5432/database?sslmode=require, with odd characters percent-encoded.");

    private static readonly char[] NotInHosts = [' ', '[', ']', '='];

    public static Result<SettingValues> Parse(string text)
    {
        text = text.Trim();
        try
        {
            return text.Contains("://", StringComparison.Ordinal) ? ParseUrl(text) : ParseKeywords(text);
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            return Unreadable;
        }
    }

    private static Result<SettingValues> ParseUrl(string text)
    {
        if (!text.StartsWith("postgres://", StringComparison.Ordinal) && !text.StartsWith("postgresql://", StringComparison.Ordinal))
            return Unreadable;
        var rest = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var (beforeQuery, query) = Split(rest, '?');
        var (authority, path) = Split(beforeQuery, '/');
        var at = authority.LastIndexOf('@');
        var (user, password) = Split(at < 0 ? "" : authority[..at], ':');
        var (host, port) = SplitHost(authority[(at + 1)..]);
        var values = new Dictionary<string, string>();
        Put(values, "host", Decode(host));
        Put(values, "port", port);
        Put(values, "database", Decode(path));
        Put(values, "user", Decode(user));
        Put(values, "password", Decode(password));
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries)) PutParameter(values, pair);
        return Finish(values);
    }

    private static Result<SettingValues> ParseKeywords(string text)
    {
        var builder = new NpgsqlConnectionStringBuilder(text);
        if (string.IsNullOrEmpty(builder.Host)) return Unreadable;
        var values = new Dictionary<string, string>();
        Put(values, "host", builder.Host);
        Put(values, "port", builder.Port.ToString());
        Put(values, "database", builder.Database ?? "");
        Put(values, "user", builder.Username ?? "");
        Put(values, "password", builder.Password ?? "");
        Put(values, "sslmode", builder.SslMode switch
        {
            Npgsql.SslMode.Disable => "disable",
            Npgsql.SslMode.Require => "require",
            Npgsql.SslMode.VerifyCA or Npgsql.SslMode.VerifyFull => "verify-full",
            _ => "prefer",
        });
        return Finish(values);
    }

    private static void PutParameter(Dictionary<string, string> values, string pair)
    {
        var (name, value) = Split(pair, '=');
        value = Decode(value);
        var setting = name switch { "host" or "port" or "user" or "password" or "sslmode" => name, "dbname" => "database", _ => null };
        if (setting == "sslmode")
            value = value switch { "disable" or "require" or "verify-full" => value, "verify-ca" => "verify-full", _ => "prefer" };
        if (setting is not null) Put(values, setting, value);
    }

    private static Result<SettingValues> Finish(Dictionary<string, string> values)
    {
        values.TryAdd("host", "localhost");
        values.TryAdd("port", "5432");
        values.TryAdd("sslmode", "prefer");
        if (!int.TryParse(values["port"], out var port) || port is < 1 or > 65535) return Unreadable with { Message = "The port in the connection URL is no number between 1 and 65535." };
        if (values["host"].IndexOfAny(NotInHosts) >= 0 && !values["host"].StartsWith('/')) return Unreadable;
        if (!values.TryGetValue("user", out var user)) return Unreadable with { Message = "The connection URL names no user." };
        values.TryAdd("database", user); // as libpq does
        return new SettingValues(values);
    }

    private static (string Host, string Port) SplitHost(string text)
    {
        if (text.StartsWith('[') && text.IndexOf(']') is var end and > 0) // IPv6
            return (text[1..end], text[(end + 1)..].TrimStart(':'));
        return Split(text, ':');
    }

    private static (string Before, string After) Split(string text, char mark) =>
        text.IndexOf(mark) is var i and >= 0 ? (text[..i], text[(i + 1)..]) : (text, "");

    private static string Decode(string text) => Uri.UnescapeDataString(text);

    private static void Put(Dictionary<string, string> values, string name, string value)
    {
        if (value.Length > 0) values[name] = value;
    }
}
