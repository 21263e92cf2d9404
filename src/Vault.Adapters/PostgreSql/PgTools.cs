using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Vault.Adapters.Processes;
using Vault.Core;

namespace Vault.Adapters.PostgreSql;

/// <param name="Folder">Holds pg_dump, and pg_restore and psql of the same release.</param>
/// <param name="Version">Such as <c>15.18</c>.</param>
internal sealed record PgToolSet(string Folder, int Major, string Version)
{
    public string Path(string tool) => System.IO.Path.Combine(Folder, tool);

    public bool Has(string tool) => File.Exists(Path(tool));
}

/// <summary>Finds the client tools on this machine and chooses among them by the server's version.</summary>
internal sealed partial class PgTools(EngineOptions options)
{
    private const string DebianRoot = "/usr/lib/postgresql";
    private static readonly ConcurrentDictionary<(string, DateTime), Task<PgToolSet?>> Known = new();

    /// <summary>pg_dump N dumps servers up to N, so: the server's own release, or the lowest above it.</summary>
    public async Task<Result<PgToolSet>> ForDumpAsync(int serverMajor)
    {
        var all = await FindAsync("pg_dump");
        if (all.OrderBy(set => set.Major).FirstOrDefault(set => set.Major >= serverMajor) is { } fitting) return fitting;
        if (all.Count == 0) return Missing("pg_dump", serverMajor);
        var newest = all.MaxBy(set => set.Major)!;
        return new Problem("tool-too-old",
            $"The server is PostgreSQL {serverMajor}, and the newest pg_dump here is {newest.Version}, which refuses newer servers; no backup can be made.",
            $"Install the package postgresql-client-{serverMajor} on the machine of Vault.");
    }

    /// <summary>An archive opens with the release that wrote it or a newer one; the nearest to the server speaks its dialect.</summary>
    public async Task<Result<PgToolSet>> ForArchiveAsync(int dumpMajor, int serverMajor)
    {
        var all = await FindAsync("pg_restore");
        var able = all.Where(set => set.Major >= dumpMajor).OrderBy(set => set.Major).ToList();
        if (able.LastOrDefault(set => set.Major <= serverMajor) is { } upToServer) return upToServer;
        if (able.FirstOrDefault() is { } next) return next;
        if (all.Count == 0) return Missing("pg_restore", Math.Max(dumpMajor, serverMajor));
        return new Problem("tool-too-old",
            $"The backup was made by pg_dump {dumpMajor}, and the newest pg_restore here is {all.MaxBy(set => set.Major)!.Version}, which cannot read it.",
            $"Install the package postgresql-client-{dumpMajor} on the machine of Vault.");
    }

    public async Task<Result<PgToolSet>> ForScriptAsync(int dumpMajor)
    {
        var all = await FindAsync("psql");
        return (all.FirstOrDefault(set => set.Major == dumpMajor) ?? all.MaxBy(set => set.Major)) is { } found
            ? found
            : Missing("psql", dumpMajor);
    }

    private static Problem Missing(string tool, int major) => new("tool-missing",
        $"{tool} is not installed on the machine of Vault, so this cannot be done.",
        $"Install the package postgresql-client-{major}, or name the folder of the tools in VAULT_TOOL_FOLDERS.");

    /// <summary>One set for each release; folders named by the owner win over the system's.</summary>
    private async Task<List<PgToolSet>> FindAsync(string tool)
    {
        var sets = new Dictionary<int, PgToolSet>();
        foreach (var folder in Folders().Where(folder => File.Exists(Path.Combine(folder, tool))))
            if (await VersionOfAsync(folder, tool) is { } set) sets.TryAdd(set.Major, set);
        return [.. sets.Values];
    }

    private IEnumerable<string> Folders()
    {
        var folders = options.ToolFolders.SelectMany(WithReleases);
        if (!options.IsSystemSearched) return folders;
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return folders.Concat(WithReleases(DebianRoot)).Concat(path);
    }

    private static IEnumerable<string> WithReleases(string folder) => !Directory.Exists(folder)
        ? []
        : [folder, .. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select(release => Path.Combine(release, "bin"))];

    private static Task<PgToolSet?> VersionOfAsync(string folder, string tool)
    {
        var path = Path.Combine(folder, tool);
        return Known.GetOrAdd((path, File.GetLastWriteTimeUtc(path)), _ => AskVersionAsync(folder, path));
    }

    private static async Task<PgToolSet?> AskVersionAsync(string folder, string path)
    {
        var text = "";
        try
        {
            await using var tool = ToolProcess.Start(new ToolStart(path, ["--version"], new Dictionary<string, string?> { ["LC_ALL"] = "C" },
                "PG", line => text += line, TakesOutput: false, GivesInput: false));
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            if (await tool.WaitAsync(limit.Token) != 0) return null;
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or OperationCanceledException or IOException)
        {
            return null; // a tool that does not even start is as good as none
        }

        var match = VersionNumber().Match(text);
        return match.Success ? new PgToolSet(folder, int.Parse(match.Groups[1].Value), match.Value) : null;
    }

    [GeneratedRegex(@"(\d+)(\.\d+)?(beta\d+|rc\d+|devel)?")]
    private static partial Regex VersionNumber();
}
