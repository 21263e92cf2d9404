namespace Vault.Adapters.Processes;

/// <param name="Arguments">Each is one argv entry; never a secret, since every user of the machine can read argv.</param>
/// <param name="Environment">Added to the inherited environment; the place for secrets. Null removes a variable.</param>
/// <param name="RemovedPrefix">Inherited variables that begin so are dropped, so that the server's own do not leak in.</param>
/// <param name="OnLine">Gets each line of the tool's stderr (and of stdout when it is not taken) as it is written.</param>
internal sealed record ToolStart(
    string Path,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string?> Environment,
    string RemovedPrefix,
    Action<string> OnLine,
    bool TakesOutput,
    bool GivesInput);
