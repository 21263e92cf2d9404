using Shouldly;
using Vault.Adapters.PostgreSql;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

public sealed class PgUrlTests
{
    [Theory]
    [InlineData("postgres://ada:pw@db.example:5433/shop?sslmode=require", "db.example|5433|shop|ada|pw|require")]
    [InlineData("postgresql://ada@localhost/shop", "localhost|5432|shop|ada||prefer")]
    [InlineData("postgres://ada:p%40ss%2Fw%25rd%3A@h/my%20shop", "h|5432|my shop|ada|p@ss/w%rd:|prefer")]
    [InlineData("postgres://ada:p@ss:word@h/shop", "h|5432|shop|ada|p@ss:word|prefer")]
    [InlineData("postgres://ada:pw@[::1]:6000/shop", "::1|6000|shop|ada|pw|prefer")]
    [InlineData("postgres://ada:pw@h", "h|5432|ada|ada|pw|prefer")]
    [InlineData("postgres://ada:pw@/shop?host=%2Fvar%2Frun%2Fpostgresql", "/var/run/postgresql|5432|shop|ada|pw|prefer")]
    [InlineData("postgres://ada:pw@h/shop?sslmode=verify-ca&application_name=x&unknown", "h|5432|shop|ada|pw|verify-full")]
    [InlineData("  postgres://ada:pw@h/shop\n", "h|5432|shop|ada|pw|prefer")]
    [InlineData("Host=h;Port=6000;Database=shop;Username=ada;Password=p", "h|6000|shop|ada|p|prefer")]
    public void A_connection_url_fills_the_form(string url, string expected)
    {
        var settings = PgUrl.Parse(url).Value;
        string.Join('|', new[] { "host", "port", "database", "user", "password", "sslmode" }.Select(name => settings[name])).ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("mysql://ada:hunter2@h/shop")]
    [InlineData("postgres://h/shop?password=hunter2")]
    [InlineData("http://ada:hunter2@h")]
    [InlineData("hunter2")]
    [InlineData("Host;hunter2=;;=")]
    public void What_is_no_url_is_refused_without_repeating_it(string text)
    {
        var problem = PgUrl.Parse(text).Problem.ShouldNotBeNull();
        problem.Code.ShouldBe("url-unreadable");
        problem.ToString().ShouldNotContain("hunter2");
    }
}
