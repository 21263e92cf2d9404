using System.Security.Cryptography;
using Shouldly;
using Vault.Core;
using Vault.Core.Stores;
using Xunit;

namespace Vault.Testing;

/// <summary>What every store keeps to. A new store derives one class from it.</summary>
public abstract class StoreContract
{
    private const string Name = "shop/2026-01-02T03-04-05-006Z-0123456789ab.sql.gz.enc";

    protected abstract IObjectStore OpenStore();

    [Fact]
    public async Task A_committed_object_reads_back_as_it_was_written()
    {
        await using var store = OpenStore();
        var content = RandomNumberGenerator.GetBytes(3_000_001);
        await PutAsync(store, Name, content);
        (await ReadAsync(store, Name)).ShouldBe(content);
        var listed = (await ListAsync(store)).ShouldHaveSingleItem();
        listed.Name.ShouldBe(Name);
        listed.SizeBytes.ShouldBe(content.Length);
        listed.ModifiedAt.ShouldBeInRange(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_048_576 + 96)]
    [InlineData(3_000_000)]
    [InlineData(3_000_001)]
    [InlineData(3_000_009)]
    public async Task An_object_is_read_from_any_byte_on(int offset)
    {
        await using var store = OpenStore();
        var content = RandomNumberGenerator.GetBytes(3_000_001);
        await PutAsync(store, Name, content);
        await using var stream = await store.OpenReadAsync(Name, offset, default);
        using var found = new MemoryStream();
        await stream.CopyToAsync(found);
        found.ToArray().ShouldBe(content[Math.Min(offset, content.Length)..]);
    }

    [Fact]
    public async Task An_object_is_invisible_until_it_is_committed()
    {
        await using var store = OpenStore();
        await using var writer = await store.CreateAsync(Name, default);
        await writer.Content.WriteAsync(new byte[100_000]);
        await writer.Content.FlushAsync();
        (await ListAsync(store)).ShouldBeEmpty();
        (await Should.ThrowAsync<ProblemException>(() => store.OpenReadAsync(Name, default))).Problem.Code.ShouldBe("object-missing");
    }

    [Fact]
    public async Task A_writer_that_is_given_up_leaves_nothing()
    {
        await using var store = OpenStore();
        await using (var writer = await store.CreateAsync(Name, default)) await writer.Content.WriteAsync(new byte[100_000]);
        (await ListAsync(store)).ShouldBeEmpty();
        (await store.RemoveAbandonedAsync(default)).ShouldBeEmpty();
        await PutAsync(store, Name, [1]);
        (await ReadAsync(store, Name)).ShouldBe([1]);
    }

    [Fact]
    public async Task A_taken_name_is_never_overwritten()
    {
        await using var store = OpenStore();
        await PutAsync(store, Name, [1, 2, 3]);
        (await Should.ThrowAsync<ProblemException>(() => PutAsync(store, Name, [9]))).Problem.Code.ShouldBe("object-exists");
        (await ReadAsync(store, Name)).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Sweeping_spares_the_writer_that_is_open()
    {
        await using var store = OpenStore();
        await using var sweeper = OpenStore();
        await using var writer = await store.CreateAsync(Name, default);
        await writer.Content.WriteAsync(new byte[] { 7 });
        (await sweeper.RemoveAbandonedAsync(default)).ShouldBeEmpty();
        await writer.CommitAsync(default);
        (await ReadAsync(store, Name)).ShouldBe([7]);
    }

    [Fact]
    public async Task Deleting_is_final_and_deleting_nothing_is_no_error()
    {
        await using var store = OpenStore();
        await PutAsync(store, Name, [1]);
        await store.DeleteAsync(Name, default);
        (await ListAsync(store)).ShouldBeEmpty();
        await store.DeleteAsync(Name, default);
    }

    [Fact]
    public async Task An_empty_object_is_an_object()
    {
        await using var store = OpenStore();
        await PutAsync(store, Name, []);
        (await ListAsync(store)).ShouldHaveSingleItem().SizeBytes.ShouldBe(0);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("shop/../../outside")]
    [InlineData("/etc/vault")]
    [InlineData("")]
    [InlineData("shop//x")]
    [InlineData("./x")]
    [InlineData("shop/x\0y")]
    public async Task A_name_that_leaves_the_destination_is_refused(string name)
    {
        await using var store = OpenStore();
        (await Should.ThrowAsync<ProblemException>(() => store.CreateAsync(name, default))).Problem.Code.ShouldBe("object-name");
        (await Should.ThrowAsync<ProblemException>(() => store.OpenReadAsync(name, default))).Problem.Code.ShouldBe("object-name");
        (await Should.ThrowAsync<ProblemException>(() => store.DeleteAsync(name, default))).Problem.Code.ShouldBe("object-name");
    }

    protected static async Task PutAsync(IObjectStore store, string name, byte[] content)
    {
        await using var writer = await store.CreateAsync(name, default);
        await writer.Content.WriteAsync(content);
        await writer.CommitAsync(default);
    }

    protected static async Task<byte[]> ReadAsync(IObjectStore store, string name)
    {
        await using var stream = await store.OpenReadAsync(name, default);
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory);
        return memory.ToArray();
    }

    protected static async Task<List<StoredObject>> ListAsync(IObjectStore store)
    {
        var all = new List<StoredObject>();
        await foreach (var one in store.ListAsync(default)) all.Add(one);
        return all;
    }
}
