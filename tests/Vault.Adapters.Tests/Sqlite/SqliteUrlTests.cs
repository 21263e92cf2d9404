using Shouldly;
using Xunit;

namespace Vault.Adapters.Tests.Sqlite;

public sealed class SqliteUrlTests
{
    [Theory]
    [InlineData("sqlite:///srv/shop/shop.db", "/srv/shop/shop.db")]
    [InlineData(" sqlite:///srv/my%20shop.db ", "/srv/my shop.db")]
    [InlineData("/srv/shop.db", "/srv/shop.db")]
    [InlineData("./shop.db", "./shop.db")]
    [InlineData("Data Source=/srv/shop.db;Mode=ReadOnly", "/srv/shop.db")]
    [InlineData("sqlite:///srv/a%3Db.db", "/srv/a=b.db")]
    [InlineData("/srv/a=b.db", "/srv/a=b.db")]
    [InlineData("", null)]
    [InlineData("sqlite://", null)]
    [InlineData("shop", null)]
    [InlineData("Data Source=", null)]
    [InlineData("Canary=1;x", null)]
    [InlineData("postgres://ada:canary@h/shop", null)]
    [InlineData("postgres://ada:canary@h/shop?sslmode=require", null)]
    public void A_connection_text_names_the_file_or_is_refused(string text, string? expected)
    {
        var read = EngineRegistry.Create(EngineOptions.Default).Find("sqlite")!.ParseUrl(text);
        if (expected is not null) read.Value["path"].ShouldBe(expected);
        else read.Problem.ShouldNotBeNull().Code.ShouldBe("url-unreadable");
        read.Problem?.ToString().ShouldNotContain("canary", Case.Insensitive);
    }
}
