using System.Text;

namespace Vault.Adapters.Processes;

/// <summary>Reads a tool's lines with bounded memory: a line that never ends is cut, and what follows it is dropped.</summary>
internal static class LineReader
{
    public const int LongestLine = 2000;
    private const string Cut = " … (cut)";

    public static async Task ReadAsync(Stream source, Action<string> onLine)
    {
        using var reader = new StreamReader(source, new UTF8Encoding(false, false), detectEncodingFromByteOrderMarks: false);
        var line = new StringBuilder();
        var isCut = false;
        var buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer)) > 0)
            for (var i = 0; i < read; i++)
                Take(buffer[i]);
        Take('\n');

        void Take(char c)
        {
            if (c == '\n')
            {
                if (isCut) line.Append(Cut);
                if (line.Length > 0) onLine(line.ToString().TrimEnd('\r'));
                line.Clear();
                isCut = false;
            }
            else if (line.Length >= LongestLine)
            {
                isCut = true;
            }
            else
            {
                line.Append(char.IsControl(c) && c is not ('\t' or '\r') ? ' ' : c);
            }
        }
    }
}
