using System.Runtime.InteropServices;

namespace Vault.Cli.Terminal;

/// <summary>
/// A terminal that shows nothing of what is typed, from before the question is there until it was answered. The console's own
/// hidden reading begins with the first read, and what was pasted before stays on the screen.
/// </summary>
internal sealed partial class SilentTerminal : IDisposable
{
    private const int Input = 0, AfterOutput = 1; // STDIN_FILENO, TCSADRAIN
    private const int LocalFlags = 12; // where c_lflag stands in struct termios of Linux, on every processor that .NET runs on
    private const byte Echo = 8;
    private readonly byte[] before = new byte[128];

    public SilentTerminal()
    {
        if (ReadSettings(Input, before) != 0) return;
        var silent = (byte[])before.Clone();
        silent[LocalFlags] &= unchecked((byte)~Echo);
        _ = WriteSettings(Input, AfterOutput, silent);
    }

    public void Dispose() => _ = WriteSettings(Input, AfterOutput, before);

    [LibraryImport("libc", EntryPoint = "tcgetattr")]
    private static partial int ReadSettings(int handle, [Out] byte[] settings);

    [LibraryImport("libc", EntryPoint = "tcsetattr")]
    private static partial int WriteSettings(int handle, int when, byte[] settings);
}
