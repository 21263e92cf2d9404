namespace Vault.Server.Features.Shell;

/// <param name="Href">Relative to the base address, without a leading slash: <c>jobs</c>.</param>
public sealed record Crumb(string Text, string Href);
