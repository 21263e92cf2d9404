using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Vault.Core.Stores;

namespace Vault.Core.Tests.Pipeline;

internal enum Fault { Never, Once, ForGood, OnceAfterCommit }

/// <summary>Honours the contract of <see cref="IObjectStore"/> in memory; its N-th call fails when asked to.</summary>
internal sealed class MemoryStore : IObjectStore
{
    private int calls;

    public ConcurrentDictionary<string, byte[]> Objects { get; } = new();

    /// <summary>Begun and neither committed nor disposed.</summary>
    public ConcurrentDictionary<string, bool> Partials { get; } = new();

    public Fault Fault { get; init; }

    public int FaultAt { get; init; }

    public int Calls => calls;

    /// <summary>Called at each call with its number.</summary>
    public Action<int>? OnCall { get; init; }

    /// <summary>Changes what a reader gets, to play a disk that lies.</summary>
    public Func<string, byte[], byte[]> Reading { get; init; } = (_, bytes) => bytes;

    public Task<IObjectWriter> CreateAsync(string name, CancellationToken cancel)
    {
        Step(cancel);
        Partials[name + ".partial"] = true;
        return Task.FromResult<IObjectWriter>(new Writer(this, name));
    }

    public Task<Stream> OpenReadAsync(string name, long offset, CancellationToken cancel)
    {
        Step(cancel);
        return Objects.TryGetValue(name, out var bytes)
            ? Task.FromResult<Stream>(new Content(this, new MemoryStream(Reading(name, bytes)) { Position = offset }))
            : throw new ProblemException("object-missing", $"There is no {name}.", "Look for it elsewhere.");
    }

    public async IAsyncEnumerable<StoredObject> ListAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.Yield();
        foreach (var (name, bytes) in Objects)
        {
            yield return new StoredObject(name, bytes.Length, DateTimeOffset.UnixEpoch);
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancel)
    {
        Step(cancel);
        Objects.TryRemove(name, out _);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> RemoveAbandonedAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task<StoreSpace> GetSpaceAsync(CancellationToken cancel) => Task.FromResult(new StoreSpace(null, null));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool Step(CancellationToken cancel, bool isCommit = false)
    {
        var call = Interlocked.Increment(ref calls);
        OnCall?.Invoke(call);
        cancel.ThrowIfCancellationRequested();
        var fails = Fault switch
        {
            Fault.Once => call == FaultAt,
            Fault.ForGood => call >= FaultAt,
            Fault.OnceAfterCommit => call == FaultAt && !isCommit,
            _ => false,
        };
        return !fails ? Fault == Fault.OnceAfterCommit && call == FaultAt : throw new IOException($"call {call} failed");
    }

    private sealed class Writer(MemoryStore store, string name) : IObjectWriter
    {
        private readonly MemoryStream bytes = new();
        private bool isCommitted;

        public string Name => name;

        public Stream Content => new Content(store, bytes);

        public Task CommitAsync(CancellationToken cancel)
        {
            var failsAfter = store.Step(cancel, isCommit: true);
            if (!store.Objects.TryAdd(name, bytes.ToArray()))
            {
                throw new ProblemException("object-exists", $"{name} is taken.", "Choose another name.");
            }

            isCommitted = true;
            store.Partials.TryRemove(name + ".partial", out _);
            return failsAfter ? throw new IOException("failed after the rename") : Task.CompletedTask;
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

    private sealed class Content(MemoryStore store, MemoryStream bytes) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            store.Step(cancellationToken);
            return bytes.ReadAsync(buffer, cancellationToken);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            store.Step(cancellationToken);
            return bytes.WriteAsync(buffer, cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            store.Step(cancellationToken);
            return Task.CompletedTask;
        }

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
