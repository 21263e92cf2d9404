using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Vault.Core.Formats;
using Vault.Core.Stores;

namespace Vault.Core.Tests.Pipeline;

/// <summary>What happens at one call to the destination, or from it on.</summary>
internal enum Fault
{
    Never,
    Once,
    ForGood,

    /// <summary>A commit takes effect and fails all the same.</summary>
    OnceAfterCommit,

    /// <summary>From there on nothing more can be written; what is there can be read and deleted.</summary>
    DiskFull,

    /// <summary>It comes back when a cancel ends it, and not before.</summary>
    Hang,

    /// <summary>Whoever runs it cancels while the call is under way.</summary>
    Cancel,

    /// <summary>From there on each read gives a few bytes at a time; no error.</summary>
    ShortReads,

    /// <summary>From there on every read says that the file is at its end.</summary>
    EarlyEnd,
}

/// <summary>Honours the contract of <see cref="IObjectStore"/> in memory; its N-th call fails when asked to.</summary>
internal sealed class MemoryStore : IObjectStore
{
    private const int ShortRead = 4093;
    private const int NoSpaceLeft = 28;

    private int calls;
    private int openStreams;

    private enum Kind { Create, Write, Commit, Open, Read, Delete, Tool }

    public ConcurrentDictionary<string, byte[]> Objects { get; } = new();

    /// <summary>Begun and neither committed nor disposed.</summary>
    public ConcurrentDictionary<string, bool> Partials { get; } = new();

    public Fault Fault { get; init; }

    public int FaultAt { get; init; }

    public int Calls => calls;

    /// <summary>Streams that were opened for reading and not closed.</summary>
    public int OpenStreams => openStreams;

    /// <summary>Whether <see cref="Fault"/> struck.</summary>
    public bool WasHit { get; private set; }

    /// <summary>Ends what hangs, and plays whoever cancels.</summary>
    public CancellationTokenSource Cancelling { get; } = new();

    /// <summary>Called at each call with its number.</summary>
    public Action<int>? OnCall { get; init; }

    /// <summary>Changes what a reader gets, to play a disk that lies.</summary>
    public Func<string, byte[], byte[]> Reading { get; init; } = (_, bytes) => bytes;

    public async Task<IObjectWriter> CreateAsync(string name, CancellationToken cancel)
    {
        await StepAsync(Kind.Create, cancel);
        Partials[name + ".partial"] = true;
        return new Writer(this, name);
    }

    public async Task<Stream> OpenReadAsync(string name, long offset, CancellationToken cancel)
    {
        await StepAsync(Kind.Open, cancel);
        if (!Objects.TryGetValue(name, out var bytes))
        {
            throw new ProblemException("object-missing", $"There is no {name}.", "Look for it elsewhere.");
        }

        Interlocked.Increment(ref openStreams);
        return new Content(this, new MemoryStream(Reading(name, bytes)) { Position = offset }, isReader: true);
    }

    public async IAsyncEnumerable<StoredObject> ListAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.Yield();
        foreach (var (name, bytes) in Objects)
        {
            yield return new StoredObject(name, bytes.Length, DateTimeOffset.UnixEpoch);
        }
    }

    public async Task DeleteAsync(string name, CancellationToken cancel)
    {
        await StepAsync(Kind.Delete, cancel);
        Objects.TryRemove(name, out _);
    }

    public Task<IReadOnlyList<string>> RemoveAbandonedAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task<StoreSpace> GetSpaceAsync(CancellationToken cancel) => Task.FromResult(new StoreSpace(null, null));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What the dump tool writes: its reads are calls that fail like those to the destination.</summary>
    public Stream OfTool(byte[] dump) => new ToolOutput(this, new MemoryStream(dump));

    /// <summary>The end of the dump tool, a call too.</summary>
    public async Task EndOfToolAsync(CancellationToken cancel) => await StepAsync(Kind.Tool, cancel);

    /// <returns>How many bytes a read may give; behind a commit, 0 when it fails after it took effect.</returns>
    private async ValueTask<int> StepAsync(Kind kind, CancellationToken cancel)
    {
        var call = Interlocked.Increment(ref calls);
        OnCall?.Invoke(call);
        cancel.ThrowIfCancellationRequested();
        var isRead = kind is Kind.Read;
        if (!Strikes(call, kind))
        {
            return int.MaxValue;
        }

        WasHit = true;
        switch (Fault)
        {
            case Fault.ShortReads:
                return ShortRead;
            case Fault.EarlyEnd:
                return 0;
            case Fault.OnceAfterCommit when kind == Kind.Commit:
                return 0;
            case Fault.Hang:
                Cancelling.CancelAfter(1);
                await Task.Delay(Timeout.Infinite, cancel);
                break;
            case Fault.Cancel:
                await Cancelling.CancelAsync();
                cancel.ThrowIfCancellationRequested();
                break;
            case Fault.DiskFull:
                throw new IOException("No space left on device", NoSpaceLeft);
        }

        throw new IOException($"call {call} failed{(isRead ? " while reading" : "")}");
    }

    private bool Strikes(int call, Kind kind) => Fault switch
    {
        Fault.Never => false,
        Fault.ForGood => call >= FaultAt,
        Fault.DiskFull => call >= FaultAt && kind is Kind.Create or Kind.Write or Kind.Commit,
        Fault.ShortReads => call >= FaultAt && kind is Kind.Read or Kind.Tool,
        Fault.EarlyEnd => call >= FaultAt && kind is Kind.Read,
        _ => call == FaultAt,
    };

    private sealed class Writer(MemoryStore store, string name) : IObjectWriter
    {
        private readonly MemoryStream bytes = new();
        private bool isCommitted;

        public string Name => name;

        public Stream Content => new Content(store, bytes, isReader: false);

        public async Task CommitAsync(CancellationToken cancel)
        {
            var left = await store.StepAsync(Kind.Commit, cancel);
            if (!store.Objects.TryAdd(name, bytes.ToArray()))
            {
                throw new ProblemException("object-exists", $"{name} is taken.", "Choose another name.");
            }

            isCommitted = true;
            store.Partials.TryRemove(name + ".partial", out _);
            if (left == 0) throw new IOException("failed after the rename");
        }

        public ValueTask DisposeAsync()
        {
            if (!isCommitted)
            {
                store.Partials.TryRemove(name + ".partial", out _);
            }

            return ValueTask.CompletedTask;
        }
    }

    private sealed class ToolOutput(MemoryStore store, MemoryStream bytes) : ReadOnlyStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var most = await store.StepAsync(Kind.Tool, cancellationToken);
            return await bytes.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
        }
    }

    private sealed class Content(MemoryStore store, MemoryStream bytes, bool isReader) : Stream
    {
        private bool isClosed;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var most = await store.StepAsync(Kind.Read, cancellationToken);
            return await bytes.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await store.StepAsync(Kind.Write, cancellationToken);
            await bytes.WriteAsync(buffer, cancellationToken);
        }

        public override async Task FlushAsync(CancellationToken cancellationToken) => await store.StepAsync(Kind.Write, cancellationToken);

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (isReader && disposing && !isClosed)
            {
                isClosed = true;
                Interlocked.Decrement(ref store.openStreams);
            }

            base.Dispose(disposing);
        }
    }
}
