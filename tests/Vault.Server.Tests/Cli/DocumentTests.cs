using System.Diagnostics;
using System.Text.RegularExpressions;
using Shouldly;
using Vault.Cli;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Cli;

/// <summary>What docs/vaultctl.md says is so.</summary>
public sealed partial class DocumentTests(PostgresServer postgres) : IDisposable
{
    private readonly CliFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_example_of_a_restore_by_script_restores_as_it_stands_in_the_document()
    {
        var source = await postgres.MakeDatabaseAsync(rows: 2000);
        await RestoreTests.BackUpAsync(folder, postgres.Cluster, source, "custom");
        await postgres.Cluster.ExecuteAsync(source, "DELETE FROM orders WHERE id > 1000");
        var newest = await RestoreTests.BackUpAsync(folder, postgres.Cluster, source, "custom");
        var rescued = Path.GetDirectoryName(newest)!;
        await File.WriteAllTextAsync(Path.Combine(rescued, "key.txt"), CliFolder.Hex + "\n");
        await File.WriteAllTextAsync(Path.Combine(rescued, "url.txt"), RestoreTests.UrlOf(postgres.Cluster) + "\n");

        var ended = await RunAsync(Example(), rescued);

        ended.ExitCode.ShouldBe(0, ended.Error);
        (ended.Output + ended.Error).ShouldNotContain(CliFolder.Hex);
        var restored = await DatabaseFingerprint.TakeAsync(postgres.Cluster.ConnectionString("shop_restored"));
        restored.DifferencesFrom(await DatabaseFingerprint.TakeAsync(postgres.Cluster.ConnectionString(source))).ShouldBeEmpty();
        restored.Count.ShouldBeGreaterThan(3);
        (await RunAsync(Example(), rescued)).ExitCode.ShouldBe(ExitCodes.Target, "the second time it is there already, and is not replaced");
    }

    [Fact]
    public void The_document_names_every_exit_code()
    {
        var codes = typeof(ExitCodes).GetFields().Where(field => field.FieldType == typeof(int)).Select(field => (int)field.GetRawConstantValue()!);
        CodeRow().Matches(Document()).Select(row => int.Parse(row.Groups[1].Value)).ShouldBe([.. codes, 78], ignoreOrder: true);
    }

    private static string Document() => File.ReadAllText(Path.Combine(Ctl.Repository, "docs", "vaultctl.md"));

    /// <summary>The block below the mark, to the letter.</summary>
    private static string Example()
    {
        var match = Block().Match(Document());
        match.Success.ShouldBeTrue("the document has an example");
        return match.Groups[1].Value;
    }

    private async Task<Ended> RunAsync(string script, string workFolder)
    {
        var tools = Directory.CreateDirectory(folder.File("tools")).FullName;
        var program = Path.Combine(tools, "vaultctl");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\nexec dotnet '{Ctl.Program}' \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo("sh", ["-c", script]) { WorkingDirectory = workFolder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{tools}:{Environment.GetEnvironmentVariable("PATH")}";
        using var shell = Process.Start(start)!;
        var (output, error) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        return new Ended(shell.ExitCode, await output, await error);
    }

    [GeneratedRegex(@"<!-- a test executes this block -->\n```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\| (\d+) \|", RegexOptions.Multiline)]
    private static partial Regex CodeRow();
}
