using System.Buffers.Binary;

namespace Vault.Testing.Fuzz;

/// <summary>Makes hostile bytes out of good ones; the same random numbers give the same bytes.</summary>
public sealed class Mutator(params IReadOnlyList<byte[]> corpus)
{
    private const int MaxBytes = 1 << 16;

    private static readonly ulong[] Extremes =
        [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0xffffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, ulong.MaxValue];

    private delegate byte[] Change(byte[] bytes, Random random);

    private readonly Change[] changes = [FlipBit, FlipBit, SetByte, SetByte, SetField, SetField, Cut, Drop, Insert, Repeat, Swap, Fill, (bytes, random) => Splice(bytes, corpus[random.Next(corpus.Count)], random)];

    public byte[] Next(Random random) => Mutate(corpus[random.Next(corpus.Count)], random);

    /// <summary>Mostly one change or two, sometimes many; one time in fifty nothing of the input is left.</summary>
    public byte[] Mutate(byte[] good, Random random)
    {
        if (random.Next(50) == 0)
        {
            return Noise(random.Next(300), random);
        }

        byte[] bytes = [.. good];
        for (var left = 1 << random.Next(random.Next(1, 6)); left > 0; left--)
        {
            bytes = changes[random.Next(changes.Length)](bytes, random);
        }

        return bytes.Length <= MaxBytes ? bytes : bytes[..MaxBytes];
    }

    private static byte[] FlipBit(byte[] bytes, Random random)
    {
        if (bytes.Length > 0) bytes[At(bytes, random)] ^= (byte)(1 << random.Next(8));
        return bytes;
    }

    private static byte[] SetByte(byte[] bytes, Random random)
    {
        if (bytes.Length > 0) bytes[At(bytes, random)] = (byte)random.Next(256);
        return bytes;
    }

    /// <summary>What could be a length or a count becomes an extreme one.</summary>
    private static byte[] SetField(byte[] bytes, Random random)
    {
        Span<byte> field = stackalloc byte[8];
        var value = Extremes[random.Next(Extremes.Length)];
        var size = 1 << random.Next(4);
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(field, value);
            field = field[..size];
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(field, value);
            field = field[^size..];
        }

        if (bytes.Length >= size) field.CopyTo(bytes.AsSpan(Math.Min(At(bytes, random), bytes.Length - size)));
        return bytes;
    }

    private static byte[] Cut(byte[] bytes, Random random) => bytes[..random.Next(bytes.Length + 1)];

    private static byte[] Drop(byte[] bytes, Random random)
    {
        var (from, to) = Range(bytes, random);
        return [.. bytes[..from], .. bytes[to..]];
    }

    private static byte[] Insert(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length + 1);
        return [.. bytes[..at], .. Noise(random.Next(1, 40), random), .. bytes[at..]];
    }

    private static byte[] Repeat(byte[] bytes, Random random)
    {
        var (from, to) = Range(bytes, random);
        var times = random.Next(8) == 0 ? random.Next(2, 50) : 1;
        return [.. bytes[..to], .. Enumerable.Repeat(bytes[from..to], Math.Min(times, 1 + (MaxBytes / Math.Max(1, to - from)))).SelectMany(part => part), .. bytes[to..]];
    }

    private static byte[] Swap(byte[] bytes, Random random)
    {
        var (from, to) = Range(bytes, random);
        var (first, second) = (random.Next(from + 1), to + random.Next(bytes.Length - to + 1));
        return [.. bytes[..first], .. bytes[to..second], .. bytes[from..to], .. bytes[first..from], .. bytes[second..]];
    }

    private static byte[] Fill(byte[] bytes, Random random)
    {
        var (from, to) = Range(bytes, random);
        bytes.AsSpan(from, to - from).Fill((byte)(random.Next(2) * 255));
        return bytes;
    }

    private static byte[] Splice(byte[] bytes, byte[] other, Random random) => [.. Cut(bytes, random), .. other[random.Next(other.Length + 1)..]];

    private static byte[] Noise(int length, Random random)
    {
        var noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }

    /// <summary>Half of the changes hit the first 128 bytes: headers stand there.</summary>
    private static int At(byte[] bytes, Random random) => random.Next(random.Next(2) == 0 ? Math.Min(bytes.Length, 128) : bytes.Length);

    private static (int From, int To) Range(byte[] bytes, Random random)
    {
        var from = random.Next(bytes.Length + 1);
        var longest = random.Next(3) == 0 ? bytes.Length - from : Math.Min(bytes.Length - from, 64);
        return (from, from + random.Next(longest + 1));
    }
}
