using Vault.Core;
using Vault.Core.Engines;

namespace Vault.Adapters.Sqlite;

/// <summary>
/// Where a restore may write. Who restores types a path, and Vault writes it with its own rights: so only beside the database
/// that an admin named in the source, and never into Vault's own folder, whatever links lead there.
/// </summary>
internal static class SqliteTarget
{
    public static Problem? Check(RestoreRequest request, IReadOnlyList<string> forbidden)
    {
        var target = Real(Path.GetFullPath(request.Database));
        if (forbidden.Any(folder => Path.GetDirectoryName(target) == Real(Path.GetFullPath(folder))))
            return new("target-forbidden", $"\"{target}\" lies in Vault's own data folder, which a restore must not change.",
                "Choose another file. To go back to an earlier vault.db, stop Vault and put the file there by hand.");
        var allowed = Path.GetDirectoryName(Real(Path.GetFullPath(request.Target.Require("path"))))!;
        return IsInside(target, allowed) ? null : new("target-outside",
            $"\"{target}\" is outside \"{allowed}\", the folder of this source, and a restore writes only there.",
            "Choose a file in that folder, or let an admin add a source in the folder that you want.");
    }

    private static bool IsInside(string path, string folder) => path.StartsWith(folder.TrimEnd('/') + '/', StringComparison.Ordinal);

    /// <summary>The path without symbolic links, as the kernel will take it.</summary>
    private static string Real(string path)
    {
        var real = "/";
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            var file = new FileInfo(real);
            if (file.LinkTarget is not null) real = Real(file.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
        }

        return real;
    }
}
