using Vault.Core.Formats;
using Vault.Core.Keys;

namespace Vault.Core.Tests.Formats;

/// <summary>Seals and opens bytes in memory, without the pipeline.</summary>
internal static class Sealing
{
    public static MasterKey Key { get; } = MasterKey.ParseHex("00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f").Value;

    public static byte[] Seal(byte[] plain, int[] writes, int chunkSize = 64, byte[]? salt = null)
    {
        using var writer = SealedWriter.Create(SealedHeader.Create(passwordRounds: 0, chunkSize, salt), Key);
        var file = new MemoryStream();
        for (var (at, turn) = (0, 0); at < plain.Length; turn++)
        {
            var length = Math.Min(writes[turn % writes.Length], plain.Length - at);
            Take(writer.Encrypt(plain.AsMemory(at, length).ToArray()));
            at += length;
        }

        Take(writer.Finish());
        return file.ToArray();

        void Take(IEnumerable<ReadOnlyMemory<byte>> pieces)
        {
            foreach (var piece in pieces)
            {
                file.Write(piece.Span);
            }
        }
    }

    /// <returns>What was released, and why it ended before the end.</returns>
    public static async Task<(byte[] Released, Problem? Problem)> OpenAsync(byte[] file, int[] reads)
    {
        var released = new MemoryStream();
        try
        {
            var header = SealedHeader.Parse(file).Value;
            using var keys = new SealedKeys(Key, header.Salt);
            if (!keys.IsKeyOf(header))
            {
                return ([], new Problem("wrong-key", "Wrong key.", "Try another."));
            }

            if (!keys.IsHeaderRight(header))
            {
                return ([], SealedProblems.HeaderChanged("a test"));
            }

            await using var stream = new SealedStream(new SlicedStream(file[SealedHeader.Size..], reads), keys, header.ChunkSize);
            await stream.CopyToAsync(released, 37);
            return (released.ToArray(), null);
        }
        catch (ProblemException refused)
        {
            return (released.ToArray(), refused.Problem);
        }
    }
}
