using System.Security.Cryptography;
using System.Text.Json;
using Shouldly;
using Vault.Core.Formats;
using Xunit;

namespace Vault.Core.Tests.Formats;

/// <summary>NIST's CAVP vectors (gcmEncryptExtIV256.rsp) and the test cases 13 to 15 of the GCM specification, all without associated data.</summary>
public sealed class GcmVectorTests
{
    [Theory]
    [InlineData("b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4", "516c33929df5a3284ff463d7", "", "", "bdc1ac884d332457a1d2664f168c76f0")]
    [InlineData("31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22", "0d18e06c7c725ac9e362e1ce", "2db5168e932556f8089a0622981d017d", "fa4362189661d163fcd6a56d8bf0405a", "d636ac1bbedd5cc3ee727dc2ab4a9489")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919")]
    [InlineData("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255", "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad", "b094dac5d93471bdec1a502270e3cc6c")]
    public void Published_vectors_with_a_96_bit_iv_hold(string key, string iv, string plain, string cipher, string tag)
    {
        var (sealedBytes, sealedTag) = Seal(Hex(key), Hex(iv), Hex(plain));
        Convert.ToHexStringLower(sealedBytes).ShouldBe(cipher);
        Convert.ToHexStringLower(sealedTag).ShouldBe(tag);
        var (reference, referenceTag) = ReferenceGcm.Seal(Hex(key), Hex(iv), Hex(plain));
        Convert.ToHexStringLower(reference).ShouldBe(cipher);
        Convert.ToHexStringLower(referenceTag).ShouldBe(tag);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(16)]
    public void The_reference_written_from_the_standard_agrees_on_both_iv_lengths(int ivLength)
    {
        for (var size = 0; size <= 100; size++)
        {
            var (key, iv, plain) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(ivLength), RandomNumberGenerator.GetBytes(size));
            var (cipher, tag) = Seal(key, iv, plain);
            var (reference, referenceTag) = ReferenceGcm.Seal(key, iv, plain);
            cipher.ShouldBe(reference);
            tag.ShouldBe(referenceTag);
        }
    }

    [Theory]
    [InlineData(12)]
    [InlineData(16)]
    public async Task Node_seals_to_the_same_bytes_at_every_size(int ivLength)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        int[] sizes = [0, 1, 15, 16, 17, 1023, 1024, 1025, 65535, 65536, 65537, .. Enumerable.Range(0, 20).Select(_ => RandomNumberGenerator.GetInt32(300_000))];
        var cases = sizes.Select(size => (Iv: RandomNumberGenerator.GetBytes(ivLength), Plain: RandomNumberGenerator.GetBytes(size))).ToList();
        var input = string.Concat(cases.Select(one => $$"""{"iv":"{{Convert.ToBase64String(one.Iv)}}","plain":"{{Convert.ToBase64String(one.Plain)}}"}""" + "\n"));
        var output = System.Text.Encoding.UTF8.GetString(await Node.RunAsync("seal.mjs", Convert.ToHexStringLower(key), [], input));
        var answers = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        answers.Length.ShouldBe(cases.Count);
        foreach (var (one, answer) in cases.Zip(answers))
        {
            var node = JsonDocument.Parse(answer).RootElement;
            var (cipher, tag) = Seal(key, one.Iv, one.Plain);
            cipher.AsSpan().SequenceEqual(node.GetProperty("cipher").GetBytesFromBase64()).ShouldBeTrue($"size {one.Plain.Length}");
            tag.ShouldBe(node.GetProperty("tag").GetBytesFromBase64());
        }
    }

    private static (byte[] Cipher, byte[] Tag) Seal(byte[] key, byte[] iv, byte[] plain)
    {
        using var cipher = GcmCipher.ForSealing(key, iv);
        var output = new byte[plain.Length];
        cipher.Transform(plain, output);
        return (output, cipher.FinishSealing());
    }

    private static byte[] Hex(string hex) => Convert.FromHexString(hex);
}
