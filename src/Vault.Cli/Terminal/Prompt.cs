using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Vault.Cli.Terminal;

/// <summary>Questions to a person; a script is never asked.</summary>
internal static class Prompt
{
    public static bool IsPossible => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    /// <summary>Reads a line and shows nothing of it.</summary>
    public static async Task<string> SecretAsync(string question, CancellationToken cancel)
    {
        using var silence = new SilentTerminal();
        var typed = await LineAsync(question, cancel);
        Console.Error.WriteLine();
        return typed;
    }

    public static async Task<string> LineAsync(string question, CancellationToken cancel)
    {
        Console.Error.Write(Printable.Of(question));
        // A read of the terminal cannot be cancelled: it is left behind, and ends with the program.
        var typed = await Task.Run(ReadLine, CancellationToken.None).WaitAsync(cancel);
        cancel.ThrowIfCancellationRequested();
        return typed;
    }

    // Not the console's reader: it would change the terminal's settings for itself.
    private static string ReadLine()
    {
        using var input = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 1);
        var line = new List<byte>();
        for (var next = input.ReadByte(); next is not (-1 or '\n'); next = input.ReadByte()) line.Add((byte)next);
        return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
    }
}
