namespace Vault.Adapters.Processes;

internal static class Lifeline
{
    // The tool ends with SIGTERM, which it passes on to its workers and to the server, once Vault's end of the pipe is gone.
    private const string Script = """
        exec 3<&0
        "$@" </dev/null 3<&- & tool=$!
        { read -r _ <&3; kill "$tool"; } >/dev/null 2>&1 & watch=$!
        exec 3<&-
        wait "$tool"; code=$?
        kill "$watch" 2>/dev/null
        exit "$code"
        """;

    /// <summary>For a tool that reads nothing from Vault, and so would not notice that Vault was killed: it is ended then.</summary>
    public static ToolStart EndingWithVault(this ToolStart start) => start with
    {
        Path = "/bin/sh",
        Arguments = ["-c", Script, "sh", start.Path, .. start.Arguments],
        GivesInput = true,
    };
}
