using System.Diagnostics;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Shouldly;
using Vault.Core.Engines;
using Vault.Core.Formats;
using Vault.Core.Pipeline;
using Vault.Core.Tests.Formats;
using Xunit;

namespace Vault.Core.Tests.Pipeline;

/// <summary>Streams of any length. With VAULT_LONG=1 they are longer than a message of AES-GCM may be; otherwise a moment long.</summary>
public sealed class LongStreamTests(ITestOutputHelper output)
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("VAULT_LONG") == "1";

    /// <summary>Dump, blocks, encryptor and a pipe in place of the destination; behind it the reader opens what comes at once.</summary>
    [Fact]
    public async Task What_is_longer_than_any_message_of_GCM_passes_sealed_and_comes_back()
    {
        var size = IsLong ? 70L << 30 : 70L << 20;
        var clock = Stopwatch.StartNew();
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 8 << 20, resumeWriterThreshold: 4 << 20, useSynchronizationContext: false));
        var reading = Task.Run(() => OpenAsync(pipe.Reader.AsStream()));
        var (written, sha256) = await SealAsync(size, pipe.Writer);
        var opened = await reading;

        opened.ShouldBe((size, sha256));
        written.ShouldBe(SealedFormat.OffsetOf(size / SealedFormat.ChunkSize, SealedFormat.ChunkSize));
        Say("sealed and opened", size, clock);
    }

    [Fact]
    public void The_standard_format_refuses_at_its_limit()
    {
        var limit = IsLong ? StandardFormat.MaxSizeBytes : (64L << 20) - 32;
        limit.ShouldBeLessThanOrEqualTo((1L << 36) - 32);
        var clock = Stopwatch.StartNew();
        using var writer = new StandardWriter(Sealing.Key, limit);
        var piece = new byte[BlockPool.BlockSize];
        var left = limit;
        for (; left >= piece.Length; left -= piece.Length) writer.Seal(piece);

        Should.Throw<ProblemException>(() => writer.Seal(piece.AsSpan(0, (int)left + 1))).Problem.ShouldSatisfyAllConditions(
            problem => problem.Code.ShouldBe("standard-limit"),
            problem => problem.Next.ShouldContain("sealed"));
        writer.Seal(piece.AsSpan(0, (int)left));
        Should.Throw<ProblemException>(() => writer.Seal(piece.AsSpan(0, 1))).Problem.Code.ShouldBe("standard-limit");
        Say("in the standard format until it refused", limit, clock);
    }

    private static async Task<(long StoredBytes, string DumpSha256)> SealAsync(long size, PipeWriter destination)
    {
        var stored = destination.AsStream();
        var facts = new DumpFacts(["shop"], "15.18", "pg_dump 15.18", new DumpFormat("plain", "Plain", "sql", ""), size);
        var dump = new Dump(facts, new ZeroStream(size), new NoProof(), () => Task.CompletedTask, () => ValueTask.CompletedTask);
        using var encryptor = SealedWriter.Create(Sealing.Key);
        using var tap = new DumpTap(dump, new BlockPool(), new ProgressGate(new ListLog(), TimeProvider.System, size));
        using var sink = new StoreTap(stored, encryptor);
        using var stop = new CancellationTokenSource();
        await new BlockLine(tap, new NoCompressor(), sink).RunAsync(stop);
        var whole = await sink.FinishAsync(default);
        await destination.CompleteAsync();
        return (whole.StoredBytes, tap.FinishSha256());
    }

    private static async Task<(long SizeBytes, string Sha256)> OpenAsync(Stream file)
    {
        var head = new byte[SealedHeader.Size];
        await file.ReadExactlyAsync(head);
        var header = SealedHeader.Parse(head).Value;
        using var keys = new SealedKeys(Sealing.Key, header.Salt);
        (keys.IsKeyOf(header) && keys.IsHeaderRight(header)).ShouldBeTrue();
        await using var chunks = new SealedStream(file, keys, header.ChunkSize);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        var size = 0L;
        for (int read; (read = await chunks.ReadAsync(buffer)) > 0; size += read) sha256.AppendData(buffer, 0, read);
        return (size, Convert.ToHexStringLower(sha256.GetHashAndReset()));
    }

    private void Say(string what, long bytes, Stopwatch clock)
    {
        using var self = Process.GetCurrentProcess();
        output.WriteLine($"{bytes / 1e9:0.00} GB {what} in {clock.Elapsed.TotalSeconds:0.0} s, {bytes / 1e6 / clock.Elapsed.TotalSeconds:0} MB/s, at most {self.PeakWorkingSet64 / 1e6:0} MB of memory");
    }

    private sealed class ZeroStream(long size) : ReadOnlyStream
    {
        private long left = size;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = (int)Math.Min(buffer.Length, left);
            buffer.Span[..read].Clear();
            left -= read;
            return ValueTask.FromResult(read);
        }
    }

    private sealed class NoProof : IDumpProof
    {
        public IReadOnlyList<TableRows> Tables => [];

        public string Seen => "";

        public void Observe(ReadOnlySpan<byte> bytes) { }

        public Problem? Conclude() => null;
    }
}
