namespace Vault.Adapters;

/// <param name="ToolFolders">Searched before the system's own: folders with the tools in them, or folders of <c>*/bin</c>.</param>
public sealed record EngineOptions(IReadOnlyList<string> ToolFolders)
{
    public static EngineOptions Default { get; } = new([]);

    /// <summary>Whether <c>/usr/lib/postgresql/*/bin</c> and <c>PATH</c> are searched too.</summary>
    public bool IsSystemSearched { get; init; } = true;

    /// <summary>Vault's own folders: no restore writes a file in one of them (folders below may hold databases), whatever a source names.</summary>
    public IReadOnlyList<string> ForbiddenFolders { get; init; } = [];

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
