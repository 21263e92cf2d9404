using Npgsql;
using Vault.Core;

namespace Vault.Adapters.PostgreSql;

/// <summary>The settings of a source, as Npgsql and as libpq (the tools) want them.</summary>
internal sealed class PgSettings(SettingValues values)
{
    private const string SystemCertificates = "/etc/ssl/certs/ca-certificates.crt";
    private const int ConnectSeconds = 6;

    public static readonly IReadOnlyList<Setting> Declared =
    [
        new("host", "Host", SettingKind.Text, IsRequired: true, Default: "localhost", Help: "Name or address of the server, or the folder of its socket."),
        new("port", "Port", SettingKind.Number, IsRequired: true, Default: "5432"),
        new("database", "Database", SettingKind.Text, IsRequired: true),
        new("user", "User", SettingKind.Text, IsRequired: true, Default: "postgres"),
        new("password", "Password", SettingKind.Secret, IsRequired: false),
        new("sslmode", "Encrypted connection (sslmode)", SettingKind.Choice, IsRequired: true, Default: "prefer",
            Help: "verify-full also checks the server's certificate and name.", Choices: ["disable", "prefer", "require", "verify-full"]),
    ];

    public string Host => values["host"] ?? "localhost";

    public int Port => int.TryParse(values["port"] ?? "5432", out var port) && port is > 0 and < 65536
        ? port
        : throw new ProblemException("setting-invalid", "The port is no number between 1 and 65535.", "Correct the port of the source.");

    public string Database => values.Require("database");

    public string User => values.Require("user");

    public string SslMode => values["sslmode"] ?? "prefer";

    public string Address => Host.StartsWith('/') ? Host : $"{Host}:{Port}";

    private string? Password => values["password"];

    public PgSettings For(string database) => new(values.With("database", database));

    public string ConnectionString(string applicationName) => new NpgsqlConnectionStringBuilder
    {
        Host = Host,
        Port = Port,
        Database = Database,
        Username = User,
        Password = Password,
        SslMode = SslMode switch
        {
            "disable" => Npgsql.SslMode.Disable,
            "require" => Npgsql.SslMode.Require,
            "verify-full" => Npgsql.SslMode.VerifyFull,
            _ => Npgsql.SslMode.Prefer,
        },
        ApplicationName = applicationName,
        Timeout = ConnectSeconds,
        CommandTimeout = 30,
        Pooling = false, // a pooled session would count as "connected" and stand in the way of a rename
    }.ConnectionString;

    /// <summary>For libpq. The password goes by environment, never by argv; see <see cref="Processes.ToolStart"/>.</summary>
    public IReadOnlyDictionary<string, string?> ToolEnvironment(string applicationName) => new Dictionary<string, string?>
    {
        ["PGHOST"] = Host,
        ["PGPORT"] = Port.ToString(),
        ["PGUSER"] = User,
        ["PGPASSWORD"] = Password,
        // Not the ~/.pgpass of whoever runs Vault. libpq warns of a file that is no plain file, and says nothing of one that is absent.
        ["PGPASSFILE"] = "/nonexistent/pgpass",
        ["PGSSLMODE"] = SslMode,
        ["PGSSLROOTCERT"] = SslMode == "verify-full" && File.Exists(SystemCertificates) ? SystemCertificates : null,
        ["PGAPPNAME"] = applicationName,
        ["PGCONNECT_TIMEOUT"] = "10",
        ["LC_ALL"] = null,
        ["LC_MESSAGES"] = "C",
        ["LANGUAGE"] = null,
    };

    /// <summary>A conninfo string, for a bare name with '=' in it would be read as one.</summary>
    public string DatabaseArgument => $"--dbname=dbname='{Database.Replace("\\", "\\\\").Replace("'", "\\'")}'";
}
