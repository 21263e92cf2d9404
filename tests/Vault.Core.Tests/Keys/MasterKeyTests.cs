using System.Security.Cryptography;
using System.Text;
using Shouldly;
using Vault.Core.Keys;
using Xunit;

namespace Vault.Core.Tests.Keys;

public sealed class MasterKeyTests
{
    private const string Hex = "00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f";

    [Fact]
    public void A_key_comes_back_from_its_hex_with_blanks_around_it()
    {
        using var key = MasterKey.ParseHex($"  {Hex.ToUpperInvariant()} \n").Value;
        key.RevealHex().ShouldBe(Hex);
        key.Bytes.ToArray().ShouldBe(Convert.FromHexString(Hex));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0x112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f0")]
    [InlineData("00112233445566778899aabbccddeeff 02132435465768798a9bacbdcedfe0f")]
    public void What_is_not_64_hex_characters_is_refused_without_showing_it(string text)
    {
        var problem = MasterKey.ParseHex(text).Problem.ShouldNotBeNull();
        problem.Code.ShouldBe("master-key-malformed");
        problem.ToString().ShouldNotContain(text.Length > 4 ? text : "\0");
    }

    [Fact]
    public void The_fingerprint_is_the_first_16_hex_characters_of_a_labelled_hash()
    {
        using var key = MasterKey.ParseHex(Hex).Value;
        var hash = SHA256.HashData([.. Encoding.ASCII.GetBytes("vault/fingerprint/v1"), .. Convert.FromHexString(Hex)]);
        key.Fingerprint.ShouldBe(Convert.ToHexStringLower(hash)[..16]);
        key.ToString().ShouldBe($"master key {key.Fingerprint}");
    }

    [Fact]
    public void Generated_keys_differ()
    {
        using var one = MasterKey.Generate();
        using var two = MasterKey.Generate();
        one.RevealHex().ShouldNotBe(two.RevealHex());
    }

    [Fact]
    public void A_disposed_key_is_zeroed_and_gives_no_bytes()
    {
        var key = MasterKey.ParseHex(Hex).Value;
        ref readonly var first = ref key.Bytes[0];
        var all = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(in first, MasterKey.SizeBytes);
        key.Dispose();
        all.ToArray().ShouldAllBe(b => b == 0);
        Should.Throw<ObjectDisposedException>(() => key.RevealHex());
    }

    [Fact]
    public void Only_32_bytes_are_a_key() => Should.Throw<ArgumentException>(() => MasterKey.FromBytes(new byte[31]));
}
