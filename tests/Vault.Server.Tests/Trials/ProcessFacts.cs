using System.Globalization;

namespace Vault.Server.Tests.Trials;

/// <summary>What the kernel says about processes.</summary>
internal static class ProcessFacts
{
    private static readonly string[] Tools = ["pg_dump", "pg_restore", "psql"];

    public static IEnumerable<int> All() => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var id) ? id : 0).Where(id => id > 0);

    /// <summary>Peak (VmHWM) and present memory: its own, of mapped programs, of code made at run time.</summary>
    public static string Memory(int processId) => string.Join(", ", File.ReadLines($"/proc/{processId}/status")
        .Where(l => l.StartsWith("VmHWM", StringComparison.Ordinal) || l.StartsWith("VmRSS", StringComparison.Ordinal) || l.StartsWith("Rss", StringComparison.Ordinal))
        .Select(l => string.Join(' ', l.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries))));

    /// <summary>The most memory that the process ever held, in bytes.</summary>
    public static long PeakMemoryBytes(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }

    public static int ParentOf(int processId) => Read(processId, "stat") is { Length: > 0 } facts
        ? int.Parse(facts[(facts.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture)
        : 0;

    /// <summary>Its file descriptors: the path under /proc to open, and what it points to.</summary>
    public static IReadOnlyList<(string Path, string Target)> OpenFiles(int processId)
    {
        try
        {
            return [.. new DirectoryInfo($"/proc/{processId}/fd").EnumerateFiles().Select(f => (f.FullName, f.LinkTarget ?? ""))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    public static string CommandLine(int processId) => Read(processId, "cmdline");

    public static string Variables(int processId) => Read(processId, "environ");

    /// <summary>Tools that talk to the server on that port. One that has ended but was not waited for is none.</summary>
    public static IReadOnlyList<int> ToolsOf(int port) =>
        [.. All().Where(id => Tools.Contains(Name(id)) && Variables(id).Contains($"PGPORT={port}\0", StringComparison.Ordinal))];

    public static string Name(int processId) => Read(processId, "comm").TrimEnd('\n');

    private static string Read(int processId, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/{file}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return ""; // it ended
        }
    }
}
