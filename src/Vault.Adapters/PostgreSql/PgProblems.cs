using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using Vault.Core;

namespace Vault.Adapters.PostgreSql;

/// <summary>Why the server was not reached or refused a statement, as sentences.</summary>
internal static class PgProblems
{
    public static Problem FromConnect(Exception error, PgSettings at) => error switch
    {
        ProblemException known => known.Problem,
        PostgresException server => FromServer(server, at),
        _ when Find<SocketException>(error) is { } socket => FromSocket(socket, at),
        _ when Find<AuthenticationException>(error) is not null => new("certificate-untrusted",
            $"The certificate of the server at {at.Address} could not be verified, so Vault does not trust the connection.",
            "Install its certificate authority on this machine, correct the host name, or choose sslmode \"require\"."),
        _ when Find<TimeoutException>(error) is not null => Timeout(at),
        _ when error.Message.Contains("SSL", StringComparison.Ordinal) => new("ssl-unsupported",
            $"The server at {at.Address} does not offer an encrypted connection, but the source demands one.",
            "Turn on ssl on the server, or choose sslmode \"prefer\" or \"disable\"."),
        _ when error.Message.Contains("No password", StringComparison.Ordinal) => new("password-missing",
            $"The server at {at.Address} asks for the password of \"{at.User}\", and the source has none.",
            "Enter the password in the source."),
        _ => new("connection-failed", $"The server at {at.Address} could not be used: {FirstLine(error.Message)}",
            "Check the server, then try again."),
    };

    private static Problem FromServer(PostgresException error, PgSettings at) => error.SqlState switch
    {
        "28P01" => new("password-wrong", $"The server at {at.Address} refused the password of \"{at.User}\".",
            "Correct user and password in the source."),
        "28000" when error.MessageText.Contains("SSL off", StringComparison.Ordinal) || error.MessageText.Contains("no encryption", StringComparison.Ordinal) =>
            new("login-refused", $"The server at {at.Address} does not let \"{at.User}\" in: {error.MessageText}.",
                "Choose sslmode \"require\", or let this machine in through pg_hba.conf of the server."),
        "28000" => new("login-refused", $"The server at {at.Address} does not let \"{at.User}\" in: {error.MessageText}.",
            "Create the user, give it LOGIN, or let this machine in through pg_hba.conf of the server."),
        "3D000" => new("database-missing", $"The server at {at.Address} has no database \"{at.Database}\".",
            "Correct the name of the database in the source."),
        "42501" => new("permission-denied", $"\"{at.User}\" is not allowed to do this on {at.Address}: {error.MessageText}.",
            "Give the user the missing right, or use a user that has it."),
        "53300" => new("too-many-connections", $"The server at {at.Address} has no free connection.",
            "Wait, or raise max_connections on the server."),
        "57P03" => new("server-starting", $"The server at {at.Address} is starting or stopping.", "Wait a moment, then try again."),
        _ => new("server-error", $"The server at {at.Address} answered: {error.MessageText}.", "Check the server, then try again."),
    };

    private static Problem FromSocket(SocketException error, PgSettings at) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => new("connection-refused",
            $"Nothing listens at {at.Address}: the connection was refused.",
            "Start the server, correct host and port, or let it listen on this network (listen_addresses)."),
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => new("host-not-found",
            $"The name \"{at.Host}\" is not known to the DNS.", "Correct the host in the source."),
        SocketError.TimedOut => Timeout(at),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => new("host-unreachable",
            $"There is no way through the network to {at.Address}.", "Check the network, VPN and firewall."),
        SocketError.AddressNotAvailable => new("connection-refused", $"There is no socket at {at.Address}.",
            "Start the server, or correct host and port."),
        _ => new("connection-failed", $"The connection to {at.Address} failed: {error.Message}.", "Check the server and the network."),
    };

    private static Problem Timeout(PgSettings at) => new("connection-timeout",
        $"The server at {at.Address} did not answer within seconds.",
        "Check host and port, and whether a firewall drops the connection.");

    private static T? Find<T>(Exception? error) where T : Exception
    {
        for (; error is not null; error = error.InnerException)
            if (error is T found) return found;
        return null;
    }

    private static string FirstLine(string text) => text.Split('\n')[0].TrimEnd('.', ' ') + ".";
}
