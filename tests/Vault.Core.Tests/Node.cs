using System.Diagnostics;

namespace Vault.Core.Tests;

/// <summary>Runs a script of the folder node/ and gives its output. The key goes by environment.</summary>
internal static class Node
{
    public static async Task<byte[]> RunAsync(string script, string keyHex, string[] arguments, string input)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "node", script));
        Array.ForEach(arguments, start.ArgumentList.Add);
        start.Environment["MASTER_KEY"] = keyHex;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        var copying = process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await copying;
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.ToArray() : throw new InvalidOperationException(await errors);
    }
}
