namespace Vault.Server.Features.Runs;

/// <summary>The 12 hex characters of a run's id that its objects carry in their names (design §4).</summary>
internal static class RunMark
{
    public static bool IsIn(string objectName, Guid runId) => objectName.Contains($"-{Of(runId)}.", StringComparison.Ordinal);

    private static string Of(Guid runId) => runId.ToString("N")[^12..];
}
