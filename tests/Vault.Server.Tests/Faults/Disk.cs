using System.Diagnostics;
using Shouldly;

namespace Vault.Server.Tests.Faults;

/// <summary>A small disk of its own, mounted where a test wants it.</summary>
internal sealed class Disk : IAsyncDisposable
{
    private readonly string path;

    private Disk(string path) => this.path = path;

    public static async Task<Disk> MountAsync(string path, string options)
    {
        Directory.CreateDirectory(path);
        await RunAsync("mount", "-t", "tmpfs", "-o", options, "tmpfs", path);
        return new Disk(path);
    }

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        try
        {
            using var filler = File.Create(Path.Combine(path, "filler"), bufferSize: 1);
            while (true) filler.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void MakeRoom() => File.Delete(Path.Combine(path, "filler"));

    // Lazy: SQLite may hold a file for a moment longer than the vault.
    public async ValueTask DisposeAsync() => await RunAsync("umount", "--lazy", path);

    private static async Task RunAsync(string tool, params string[] arguments)
    {
        using var process = Process.Start(tool, arguments);
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{tool} needs the right to mount");
    }
}
