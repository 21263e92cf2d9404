using Shouldly;
using Vault.Core.Engines;
using Xunit;

namespace Vault.Adapters.Tests.PostgreSql;

/// <summary>What people paste as DATABASE_URL.</summary>
public sealed class PgUrlTests
{
    private readonly IDatabaseEngine engine = EngineRegistry.Create(EngineOptions.Default).Find("postgresql")!;

    [Theory]
    [InlineData("postgres://ada:pw@db.example:6432/shop", "db.example|6432|shop|ada|pw|prefer")]
    [InlineData("postgresql://ada:pw@db.example/shop", "db.example|5432|shop|ada|pw|prefer")]
    [InlineData("  postgres://ada:pw@db.example:5432/shop \n", "db.example|5432|shop|ada|pw|prefer")]
    [InlineData("postgres://ada:p%40ss%2Fw%3Ford%25+@db.example/shop", "db.example|5432|shop|ada|p@ss/w?ord%+|prefer")]
    [InlineData("postgres://a%40b:p@ss@db.example/shop", "db.example|5432|shop|a@b|p@ss|prefer")]
    [InlineData("postgres://ada:a:b:c@db.example/shop", "db.example|5432|shop|ada|a:b:c|prefer")]
    [InlineData("postgres://ada@db.example/my%20shop", "db.example|5432|my shop|ada||prefer")]
    [InlineData("postgres://ada@db.example", "db.example|5432|ada|ada||prefer")]
    [InlineData("postgres://ada@db.example:/shop", "db.example|5432|shop|ada||prefer")]
    [InlineData("postgres://ada:pw@[2001:db8::7]:5433/shop", "2001:db8::7|5433|shop|ada|pw|prefer")]
    [InlineData("postgres://ada:pw@[::1]/shop", "::1|5432|shop|ada|pw|prefer")]
    [InlineData("postgres://ada:pw@h/shop?sslmode=require", "h|5432|shop|ada|pw|require")]
    [InlineData("postgres://ada:pw@h/shop?sslmode=verify-ca", "h|5432|shop|ada|pw|verify-full")]
    [InlineData("postgres://ada:pw@h/shop?sslmode=allow", "h|5432|shop|ada|pw|prefer")]
    [InlineData("postgres://ada:pw@h/shop?application_name=web&connect_timeout=5&&x", "h|5432|shop|ada|pw|prefer")]
    [InlineData("postgres:///shop?host=/var/run/postgresql&user=ada", "/var/run/postgresql|5432|shop|ada||prefer")]
    [InlineData("postgres://ada@%2Fvar%2Frun%2Fpostgresql/shop", "/var/run/postgresql|5432|shop|ada||prefer")]
    [InlineData("postgres://ada@/shop", "localhost|5432|shop|ada||prefer")]
    [InlineData("Host=h;Port=6000;Database=shop;Username=ada;Password=p;w", null)]
    [InlineData("Host=h;Port=6000;Database=shop;Username=ada;Password='p;w';SSL Mode=Require", "h|6000|shop|ada|p;w|require")]
    public void A_connection_text_fills_the_form(string text, string? expected)
    {
        var read = engine.ParseUrl(text);
        if (expected is null) read.Problem.ShouldNotBeNull().Code.ShouldBe("url-unreadable");
        else string.Join('|', new[] { "host", "port", "database", "user", "password", "sslmode" }.Select(name => read.Value[name])).ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("canary")]
    [InlineData("canary://ada:canary@h/shop")]
    [InlineData("mysql://ada:canary@h/shop")]
    [InlineData("postgres://")]
    [InlineData("postgres://h/canary")]
    [InlineData("postgres://ada:canary@h:notaport/shop")]
    [InlineData("postgres://ada:canary@h:99999/shop")]
    [InlineData("postgres://ada:canary@h:0/shop")]
    [InlineData("postgres://ada:canary@[::1/shop")]
    [InlineData("postgres://ada:can/ary@h/shop")]
    [InlineData("postgres://ada:can?ary@h/shop")]
    [InlineData("host=h dbname=shop user=ada password=canary")]
    [InlineData("Host=h;Canary=1")]
    [InlineData("Password=canary")]
    public void What_cannot_be_read_is_refused_without_repeating_it(string text)
    {
        var problem = engine.ParseUrl(text).Problem.ShouldNotBeNull();
        problem.Code.ShouldBe("url-unreadable");
        problem.ToString().ShouldNotContain("canary", Case.Insensitive);
    }
}
