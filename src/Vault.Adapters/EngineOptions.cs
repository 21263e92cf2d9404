namespace Vault.Adapters;

/// <param name="ToolFolders">Searched before the system's own: folders with the tools in them, or folders of <c>*/bin</c>.</param>
/// <param name="IsSystemSearched">Whether <c>/usr/lib/postgresql/*/bin</c> and <c>PATH</c> are searched too.</param>
public sealed record EngineOptions(IReadOnlyList<string> ToolFolders, bool IsSystemSearched = true)
{
    public static EngineOptions Default { get; } = new([]);
}
