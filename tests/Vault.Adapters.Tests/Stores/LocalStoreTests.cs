using System.Diagnostics;
using Shouldly;
using Vault.Core;
using Vault.Core.Stores;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests.Stores;

public sealed class LocalStoreTests : StoreContract, IDisposable
{
    private readonly TempFolder folder = new();

    private string Root => folder.File("backups");

    public void Dispose() => folder.Dispose();

    protected override IObjectStore OpenStore() => Open(Root).Value;

    [Fact]
    public async Task The_folder_and_the_files_are_for_the_owner_only()
    {
        await using var store = OpenStore();
        await PutAsync(store, "shop/a.sql", [1]);
        Mode(Root).ShouldBe("700");
        Mode(Path.Combine(Root, "shop")).ShouldBe("700");
        Mode(Path.Combine(Root, "shop/a.sql")).ShouldBe("600");
    }

    [Fact]
    public async Task What_a_killed_run_left_is_swept_away()
    {
        await using var store = OpenStore();
        Directory.CreateDirectory(Path.Combine(Root, "shop"));
        const string left = "shop/2026-11-20T02-00-00-000Z-0123456789ab.sql.gz.enc.partial", foreign = "shop/holiday.iso.partial";
        foreach (var name in new[] { left, foreign }) await File.WriteAllTextAsync(Path.Combine(Root, name), "half");
        (await store.RemoveAbandonedAsync(default)).ShouldBe([left]);
        File.Exists(Path.Combine(Root, left)).ShouldBeFalse();
        File.Exists(Path.Combine(Root, foreign)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_symbolic_link_leads_nowhere()
    {
        await using var store = OpenStore();
        var outside = Directory.CreateDirectory(folder.File("outside")).FullName;
        await File.WriteAllTextAsync(Path.Combine(outside, "secret"), "secret");
        Directory.CreateSymbolicLink(Path.Combine(Root, "link"), outside);
        File.CreateSymbolicLink(Path.Combine(Root, "file"), Path.Combine(outside, "secret"));
        (await Should.ThrowAsync<ProblemException>(() => store.OpenReadAsync("link/secret", default))).Problem.Code.ShouldBe("object-name");
        (await Should.ThrowAsync<ProblemException>(() => store.OpenReadAsync("file", default))).Problem.Code.ShouldBe("object-name");
        (await Should.ThrowAsync<ProblemException>(() => store.CreateAsync("link/new", default))).Problem.Code.ShouldBe("object-name");
        (await ListAsync(store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_full_disk_is_told_as_such_and_leaves_nothing()
    {
        await using var disk = await Disk.MountAsync(folder.File("small"), "size=1m");
        await using var store = Open(disk.Path).Value;
        var error = await Should.ThrowAsync<ProblemException>(() => PutAsync(store, "shop/big.sql", new byte[3_000_000]));
        error.Problem.Code.ShouldBe("destination-full");
        (await ListAsync(store)).ShouldBeEmpty();
        Directory.GetFiles(disk.Path, "*", SearchOption.AllDirectories).ShouldBeEmpty();
        (await store.GetSpaceAsync(default)).TotalBytes.ShouldBe(1024 * 1024);
    }

    [Fact]
    public async Task A_read_only_file_system_is_told_as_such()
    {
        await using var disk = await Disk.MountAsync(folder.File("fixed"), "ro");
        await using var store = Open(disk.Path).Value;
        (await Should.ThrowAsync<ProblemException>(() => store.CreateAsync("shop/a.sql", default))).Problem.Code.ShouldBe("destination-read-only");
        Open(Path.Combine(disk.Path, "deeper")).Problem!.Code.ShouldBe("destination-read-only");
    }

    [Fact]
    public async Task A_folder_that_is_no_folder_and_one_that_vanished_are_told()
    {
        await File.WriteAllTextAsync(folder.File("file"), "");
        Open(folder.File("file")).Problem!.Code.ShouldBe("destination-missing");
        await using var store = OpenStore();
        Directory.Delete(Root);
        (await Should.ThrowAsync<ProblemException>(() => ListAsync(store))).Problem.Code.ShouldBe("destination-missing");
        (await Should.ThrowAsync<ProblemException>(() => store.GetSpaceAsync(default))).Problem.Code.ShouldBe("destination-missing");
        (await Should.ThrowAsync<ProblemException>(() => store.CreateAsync("shop/a.sql", default))).Problem.Code.ShouldBe("destination-missing");
        new StoreRegistry().Open("local", new SettingValues(new Dictionary<string, string> { ["folder"] = Root })).Problem!.Code.ShouldBe("destination-missing");
        Directory.Exists(Root).ShouldBeFalse();
    }

    private static Result<IObjectStore> Open(string path) =>
        new StoreRegistry().Create("local", new SettingValues(new Dictionary<string, string> { ["folder"] = path }));

    private static string Mode(string path) => Convert.ToString((int)File.GetUnixFileMode(path), 8);

    private sealed class Disk(string path) : IAsyncDisposable
    {
        public string Path { get; } = path;

        public static async Task<Disk> MountAsync(string path, string options)
        {
            Directory.CreateDirectory(path);
            await RunAsync("mount", "-t", "tmpfs", "-o", options, "tmpfs", path);
            return new Disk(path);
        }

        public async ValueTask DisposeAsync() => await RunAsync("umount", Path);

        private static async Task RunAsync(string tool, params string[] arguments)
        {
            using var process = Process.Start(tool, arguments);
            await process.WaitForExitAsync();
            process.ExitCode.ShouldBe(0, $"{tool} needs the right to mount");
        }
    }
}
