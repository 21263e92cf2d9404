using System.Diagnostics;

namespace Vault.Core.Tests.Recovery;

/// <summary>What <c>node recover.mjs</c> answered.</summary>
internal sealed record NodeAnswer(int ExitCode, byte[] Output, string Errors);

/// <summary>The very file that people get, started as they start it. The build of the server makes it.</summary>
internal static class RecoverScript
{
    public static string Path { get; } = FindBuilt();

    public static Task<NodeAnswer> RunAsync(string workFolder, Dictionary<string, string> environment, params string[] arguments) =>
        NodeAsync(workFolder, environment, [Path, .. arguments]);

    public static async Task<NodeAnswer> NodeAsync(string workFolder, Dictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo("node", arguments) { WorkingDirectory = workFolder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("VAULT_KEY");
        start.Environment.Remove("VAULT_PASSWORD");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.WaitForExitAsync();
        return new NodeAnswer(process.ExitCode, output.ToArray(), await errors);
    }

    private static string FindBuilt()
    {
        var path = System.IO.Path.Combine(Shape.Root, "wwwroot-assets", "dist", "recover", "recover.mjs");
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} is missing. Build Vault.Server, or run npm ci && npm run build in wwwroot-assets.");
    }
}
