using Shouldly;
using Vault.Adapters.PostgreSql;
using Vault.Core.Engines;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

public sealed class PasswordFileTests(OneCluster one) : IClassFixture<OneCluster>
{
    [Fact]
    public async Task Pg_dump_is_kept_from_the_password_file_of_the_user_and_does_not_complain_of_it()
    {
        var database = await one.NewShopAsync(orders: 10);
        // By the socket, which asks for no password: only then libpq looks for a password file.
        var settings = one.Cluster.Settings(database, password: "").With("host", one.Cluster.SocketFolder);
        var log = new RecordingLog();
        await Dumping.DumpAsync(EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!, settings, "plain", log);

        log.Text.ShouldContain("pg_dump");
        log.Text.ShouldNotContain("password file");
        var passwordFile = new PgSettings(settings).ToolEnvironment("test")["PGPASSFILE"].ShouldNotBeNull("libpq would read ~/.pgpass");
        Path.Exists(passwordFile).ShouldBeFalse();
    }
}
