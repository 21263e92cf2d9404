namespace Vault.Core.Stores;

/// <summary>A place that keeps objects by name. Names use '/' and never contain "..". Objects appear whole or not at all.</summary>
public interface IObjectStore : IAsyncDisposable
{
    /// <summary>Begins an object under <c>name + ".partial"</c>, invisible to <see cref="ListAsync"/> until committed.</summary>
    Task<IObjectWriter> CreateAsync(string name, CancellationToken cancel);

    /// <exception cref="ProblemException">Code <c>object-missing</c> when there is none.</exception>
    Task<Stream> OpenReadAsync(string name, CancellationToken cancel) => OpenReadAsync(name, 0, cancel);

    /// <summary>From byte <paramref name="offset"/> on; empty behind the end.</summary>
    /// <exception cref="ProblemException">Code <c>object-missing</c> when there is none.</exception>
    Task<Stream> OpenReadAsync(string name, long offset, CancellationToken cancel);

    IAsyncEnumerable<StoredObject> ListAsync(CancellationToken cancel);

    /// <summary>Deleting what is not there is no error.</summary>
    Task DeleteAsync(string name, CancellationToken cancel);

    /// <summary>Removes every <c>.partial</c> that no open writer of this process owns; returns their names.</summary>
    Task<IReadOnlyList<string>> RemoveAbandonedAsync(CancellationToken cancel);

    Task<StoreSpace> GetSpaceAsync(CancellationToken cancel);
}

/// <summary>An object being written. Disposed before <see cref="CommitAsync"/>, it leaves nothing.</summary>
public interface IObjectWriter : IAsyncDisposable
{
    string Name { get; }

    Stream Content { get; }

    /// <summary>Makes the object durable, then visible under its name. Fails if the name is taken.</summary>
    Task CommitAsync(CancellationToken cancel);
}

public sealed record StoredObject(string Name, long SizeBytes, DateTimeOffset ModifiedAt);

/// <summary>Null: the store does not say.</summary>
public sealed record StoreSpace(long? FreeBytes, long? TotalBytes);

/// <param name="Id">Word in tables: <c>local</c>.</param>
public sealed record StoreDescription(string Id, string DisplayName, IReadOnlyList<Setting> Settings);
