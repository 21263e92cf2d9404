using AngleSharp.Html.Dom;
using Shouldly;
using Vault.Core;
using Vault.Server.Features.Shell;
using Xunit;

namespace Vault.Server.Tests.Shell;

public sealed class SettingsFormTests
{
    private static readonly IReadOnlyList<Setting> Settings =
    [
        new("host", "Host", SettingKind.Text, IsRequired: true, Help: "Name or address"),
        new("port", "Port", SettingKind.Number, IsRequired: false, Default: "5432"),
        new("password", "Password", SettingKind.Secret, IsRequired: true),
        new("sslmode", "Encryption", SettingKind.Choice, IsRequired: true, Default: "prefer", Choices: ["disable", "prefer"]),
    ];

    private static readonly IReadOnlySet<string> None = new HashSet<string>();

    [Fact]
    public async Task Every_field_has_a_label_and_names_its_help()
    {
        var page = await Rendered.AsDocument<SettingsForm>(("Settings", Settings), ("Values", new Dictionary<string, string>()));
        foreach (var setting in Settings)
            page.QuerySelector($"label[for=setting-{setting.Name}]").ShouldNotBeNull().TextContent.ShouldContain(setting.Label);
        var host = page.QuerySelector("#setting-host").ShouldNotBeNull();
        page.GetElementById(host.GetAttribute("aria-describedby")!).ShouldNotBeNull().TextContent.ShouldBe("Name or address");
    }

    [Fact]
    public async Task A_stored_secret_is_not_in_the_page_and_says_that_it_stays()
    {
        var page = await Rendered.AsDocument<SettingsForm>(
            ("Settings", Settings), ("Values", new Dictionary<string, string>()), ("StoredSecrets", new HashSet<string> { "password" }));
        var password = page.QuerySelector("#setting-password").ShouldBeAssignableTo<IHtmlInputElement>().ShouldNotBeNull();
        password.Type.ShouldBe("password");
        password.Placeholder.ShouldBe("unchanged");
        password.Value.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_field_is_marked_and_names_its_error()
    {
        var page = await Rendered.AsDocument<SettingsForm>(
            ("Settings", Settings), ("Values", new Dictionary<string, string>()),
            ("Errors", new Dictionary<string, string> { ["host"] = "Host is empty. Fill it in." }));
        var host = page.QuerySelector("#setting-host").ShouldNotBeNull();
        host.GetAttribute("aria-invalid").ShouldBe("true");
        page.GetElementById(host.GetAttribute("aria-describedby")!).ShouldNotBeNull().TextContent.ShouldBe("Host is empty. Fill it in.");
    }

    [Fact]
    public void What_is_required_and_has_neither_value_nor_default_is_missed() =>
        SettingsCheck.Find(Settings, new Dictionary<string, string> { ["host"] = " " }, None).Keys.ShouldBe(["host", "password"]);

    [Fact]
    public void A_stored_secret_may_stay_empty() =>
        SettingsCheck.Find(Settings, new Dictionary<string, string> { ["host"] = "db" }, new HashSet<string> { "password" }).ShouldBeEmpty();

    [Theory]
    [InlineData("port", "54x2")]
    [InlineData("port", "-1")]
    [InlineData("sslmode", "perhaps")]
    public void A_value_that_cannot_be_right_is_named(string name, string value)
    {
        var values = new Dictionary<string, string> { ["host"] = "db", ["password"] = "p", [name] = value };
        SettingsCheck.Find(Settings, values, None).Keys.ShouldBe([name]);
    }
}
