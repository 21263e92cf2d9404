using Shouldly;
using Vault.Adapters.Disk;
using Vault.Testing;
using Xunit;

namespace Vault.Adapters.Tests;

public sealed class UnnamedFileTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <param name="hasUnnamed">False: as on a file system without O_TMPFILE.</param>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_in_no_folder_and_opens_for_its_owner_by_the_process_alone(bool hasUnnamed)
    {
        string path;
        using (var file = UnnamedFile.Create(folder.File("spool"), hasUnnamed))
        {
            await file.AppendAsync("abcdef"u8.ToArray(), default);
            await file.OverwriteAsync(1, "BC"u8.ToArray());
            file.SizeBytes.ShouldBe(6);
            Directory.EnumerateFileSystemEntries(folder.File("spool")).ShouldBeEmpty();
            path = file.Path;
            using var first = File.OpenRead(path);
            using var second = File.OpenRead(path);
            first.Position = 4;
            (first.ReadByte(), second.ReadByte()).ShouldBe(('e', 'a'), "each has a place of its own in it");
            (await File.ReadAllTextAsync(path)).ShouldBe("aBCdef");
            File.GetUnixFileMode(first.SafeFileHandle).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        File.Exists(path).ShouldBeFalse();
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_refused() =>
        Should.Throw<Exception>(() => UnnamedFile.Create("/proc/nowhere")).ShouldBeAssignableTo<IOException>();
}
