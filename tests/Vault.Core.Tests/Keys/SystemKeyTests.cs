using System.Security.Cryptography;
using System.Text;
using Shouldly;
using Vault.Core.Keys;
using Xunit;

namespace Vault.Core.Tests.Keys;

public sealed class SystemKeyTests
{
    private const string Hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static readonly WrapContext Here = new("Profiles", "7", "Key");

    [Theory]
    [InlineData(null, "system-key-missing")]
    [InlineData("", "system-key-missing")]
    [InlineData("  ", "system-key-missing")]
    [InlineData("0123", "system-key-malformed")]
    [InlineData("zz23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "system-key-malformed")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef00", "system-key-malformed")]
    public void A_missing_or_malformed_key_is_refused_and_the_command_is_shown(string? hex, string code)
    {
        var problem = SystemKey.Parse(hex).Problem.ShouldNotBeNull();
        problem.Code.ShouldBe(code);
        problem.Next.ShouldContain("openssl rand -hex 32");
        problem.ToString().ShouldNotContain(hex is { Length: > 8 } ? hex : "\0");
    }

    [Fact]
    public void Blanks_around_the_key_and_capital_letters_are_the_same_key()
    {
        using var one = SystemKey.Parse(Hex).Value;
        using var two = SystemKey.Parse($" {Hex.ToUpperInvariant()}\n").Value;
        two.KeyId.ShouldBe(one.KeyId);
    }

    [Fact]
    public void The_key_id_is_the_first_four_bytes_of_the_check_key()
    {
        using var key = SystemKey.Parse(Hex).Value;
        var check = HKDF.DeriveKey(HashAlgorithmName.SHA256, Convert.FromHexString(Hex), 32, [], "vault/check/v1"u8.ToArray());
        key.KeyId.ShouldBe(Convert.ToHexStringLower(check)[..8]);
    }

    [Fact]
    public void A_wrapped_value_has_the_written_layout()
    {
        using var key = SystemKey.Parse(Hex).Value;
        var parts = key.Wrap("secret"u8, Here).Split('.');
        parts[0].ShouldBe("v1");
        parts[1].ShouldBe(key.KeyId);
        var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(parts[2]);
        bytes.Length.ShouldBe(12 + 6 + 16);
        using var gcm = new AesGcm(HKDF.DeriveKey(HashAlgorithmName.SHA256, Convert.FromHexString(Hex), 32, [], "vault/wrap/v1"u8.ToArray()), 16);
        var plain = new byte[6];
        gcm.Decrypt(bytes.AsSpan(0, 12), bytes.AsSpan(12, 6), bytes.AsSpan(18), plain, "Profiles/7/Key"u8);
        Encoding.UTF8.GetString(plain).ShouldBe("secret");
    }

    [Fact]
    public void What_was_wrapped_comes_back_and_no_two_wrappings_are_equal()
    {
        using var key = SystemKey.Parse(Hex).Value;
        var wrapped = key.Wrap("pässword"u8, Here);
        key.Unwrap(wrapped, Here).Value.ShouldBe("pässword"u8.ToArray());
        key.Wrap("pässword"u8, Here).ShouldNotBe(wrapped);
        key.Unwrap(key.Wrap([], Here), Here).Value.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Other", "7", "Key")]
    [InlineData("Profiles", "8", "Key")]
    [InlineData("Profiles", "7", "Name")]
    public void A_value_that_was_moved_to_another_place_does_not_open(string table, string row, string column)
    {
        using var key = SystemKey.Parse(Hex).Value;
        key.Unwrap(key.Wrap("x"u8, Here), new WrapContext(table, row, column)).Problem!.Code.ShouldBe("value-damaged");
    }

    [Fact]
    public void A_place_with_a_slash_in_a_part_is_refused()
    {
        using var key = SystemKey.Parse(Hex).Value;
        Should.Throw<ArgumentException>(() => key.Wrap("x"u8, new WrapContext("a/b", "c", "d")));
        Should.Throw<ArgumentException>(() => key.Wrap("x"u8, new WrapContext("a", "", "d")));
    }

    [Fact]
    public void Another_system_key_is_recognised_by_its_id_before_anything_is_opened()
    {
        using var key = SystemKey.Parse(Hex).Value;
        using var other = SystemKey.Parse(new string('a', 64)).Value;
        var problem = other.Unwrap(key.Wrap("x"u8, Here), Here).Problem!;
        problem.Code.ShouldBe("wrong-system-key");
        problem.Message.ShouldContain(key.KeyId);
        problem.Message.ShouldContain(other.KeyId);
    }

    [Fact]
    public void Every_changed_character_of_a_wrapped_value_is_refused()
    {
        using var key = SystemKey.Parse(Hex).Value;
        var wrapped = key.Wrap("secret!"u8, Here);
        for (var at = 0; at < wrapped.Length; at++)
        {
            var changed = wrapped[..at] + (wrapped[at] == 'A' ? 'B' : 'A') + wrapped[(at + 1)..];
            key.Unwrap(changed, Here).IsOk.ShouldBeFalse($"character {at}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("v1")]
    [InlineData("v1..")]
    [InlineData("v2.00000000.AAAA")]
    [InlineData("v1.00000000.AAAA.BBBB")]
    public void Garbage_is_damaged_and_nothing_else(string garbage)
    {
        using var key = SystemKey.Parse(Hex).Value;
        key.Unwrap(garbage, Here).Problem!.Code.ShouldBe("value-damaged");
        key.Unwrap($"v1.{key.KeyId}.", Here).Problem!.Code.ShouldBe("value-damaged");
        key.Unwrap($"v1.{key.KeyId}.?", Here).Problem!.Code.ShouldBe("value-damaged");
    }

    [Fact]
    public void The_text_of_a_system_key_shows_its_id_only()
    {
        using var key = SystemKey.Parse(Hex).Value;
        key.ToString().ShouldBe($"system key {key.KeyId}");
    }
}
