using System.Diagnostics;
using Microsoft.Playwright;

namespace Vault.Browser.Tests;

/// <summary>The day the server is lost: there are a backup, the kit and any computer.</summary>
public sealed class KitRecoveryTests(Chrome chrome)
{
    [Fact]
    public async Task A_backup_of_the_server_comes_back_with_nothing_but_the_kit_in_a_browser_and_with_Node()
    {
        using var folder = new TempFolder();
        await using var cluster = await Shop.ClusterAsync();
        await using var server = await VaultServer.StartAsync();
        await using var visitor = await chrome.VisitAsync(server);
        await Shop.SetUpAsync(visitor, cluster);
        await visitor.BackUpNowAsync(Shop.Job);
        await visitor.RunEndsAsync("Succeeded");
        await visitor.GoAsync("/settings/vault");
        await visitor.Button("Recovery Kit").ClickAsync();
        var kit = await visitor.SaveKitAsync(folder.Path);
        var backup = Directory.GetFiles(server.BackupFolder, "*.enc", SearchOption.AllDirectories).ShouldHaveSingleItem();
        (await File.ReadAllTextAsync(Path.Combine(kit, "backups.txt"))).ShouldContain(Path.GetFileName(backup));
        (await File.ReadAllTextAsync(Path.Combine(kit, "backups.txt"))).ShouldContain(server.BackupFolder);
        await server.StopAsync();

        var dump = await RecoverInBrowserAsync(visitor, kit, backup, folder.File("browser.dump"));
        await RecoverWithNodeAsync(kit, backup, folder.File("node.dump"));

        (await File.ReadAllBytesAsync(folder.File("node.dump"))).ShouldBe(await File.ReadAllBytesAsync(dump));
        await RestoreAsKeyPageSaysAsync(cluster, dump);
        await Shop.IsEqualAsync(cluster, "restored");
    }

    /// <summary>From disk, with the network cut. Without the dialog of the system, which no test can answer, the dump is saved as a download.</summary>
    private static async Task<string> RecoverInBrowserAsync(Visitor visitor, string kit, string backup, string to)
    {
        var page = await visitor.Page.Context.NewPageAsync();
        await page.Context.SetOfflineAsync(true);
        await page.AddInitScriptAsync("delete window.showSaveFilePicker");
        await page.GotoAsync($"file://{kit}/recover.html");
        await page.Locator("#files").SetInputFilesAsync([backup, backup + ".meta.json"]);
        await DropAsync(page, Path.Combine(kit, "key.html"));
        await Assertions.Expect(page.Locator("#recover")).ToBeEnabledAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => page.Locator("#recover").ClickAsync());
        await download.SaveAsAsync(to);
        return to;
    }

    private static async Task DropAsync(IPage page, string file)
    {
        var dropped = await page.EvaluateHandleAsync(
            "([name, text]) => { const files = new DataTransfer(); files.items.add(new File([text], name, { type: 'text/html' })); return files; }",
            new[] { Path.GetFileName(file), await File.ReadAllTextAsync(file) });
        await page.DispatchEventAsync("#drop", "drop", new { dataTransfer = dropped });
    }

    private static async Task RecoverWithNodeAsync(string kit, string backup, string to)
    {
        using var node = Process.Start(new ProcessStartInfo("node",
            [Path.Combine(kit, "recover.mjs"), backup, "--key-file", Path.Combine(kit, "key.html"), "--out", to]) { RedirectStandardError = true })!;
        var said = await node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync();
        node.ExitCode.ShouldBe(0, said);
    }

    private static async Task RestoreAsKeyPageSaysAsync(PostgresCluster cluster, string dump)
    {
        var isCustom = (await File.ReadAllBytesAsync(dump)).AsSpan().StartsWith("PGDMP"u8);
        var command = isCustom ? $"createdb restored && pg_restore -1 -e -d restored {dump}" : $"createdb restored && psql -X -q -1 -v ON_ERROR_STOP=1 -d restored -f {dump}";
        var start = new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardError = true, RedirectStandardOutput = true };
        (start.Environment["PGHOST"], start.Environment["PGPORT"], start.Environment["PGUSER"], start.Environment["PGPASSWORD"]) =
            ("127.0.0.1", cluster.Port.ToString(), PostgresCluster.User, PostgresCluster.Password);
        using var shell = Process.Start(start)!;
        var said = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        shell.ExitCode.ShouldBe(0, said);
    }
}
