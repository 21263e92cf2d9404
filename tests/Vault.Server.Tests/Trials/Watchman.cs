using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Vault.Server.Tests.Trials;

/// <summary>
/// Looks again and again, as any user of the machine could, for words that may stand nowhere: in every file under some folders
/// (also one that is deleted but still open), and in every argv. Measures the memory of the server beside it.
/// </summary>
internal sealed class Watchman : IAsyncDisposable
{
    private const int PieceBytes = 1 << 20;
    private readonly IReadOnlyList<string> folders;
    private readonly Dictionary<string, byte[]> words = [];
    private readonly Dictionary<string, (long Length, DateTime WrittenAt)> read = [];
    private readonly CancellationTokenSource stop = new();
    private readonly Task watching;
    private int looks;

    /// <param name="words">What each is called, and what is searched for.</param>
    public Watchman(IReadOnlyList<string> folders, params (string Name, string Word)[] words)
    {
        this.folders = folders;
        foreach (var (name, word) in words)
        {
            this.words[name] = Encoding.UTF8.GetBytes(word);
            this.words[$"{name} in base64"] = Encoding.UTF8.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(word))[..^4]);
            this.words[$"{name} in UTF-16"] = Encoding.Unicode.GetBytes(word);
            if (word.Length == 64 && word.All(char.IsAsciiHexDigit)) this.words[$"{name} as bytes"] = Convert.FromHexString(word);
        }

        watching = Task.Run(WatchAsync);
    }

    /// <summary>Where a word was met. Empty is right.</summary>
    public ConcurrentDictionary<string, bool> Met { get; } = new();

    public ConcurrentDictionary<string, bool> Tools { get; } = new();

    public int Looks => looks;

    public long ReadBytes { get; private set; }

    /// <summary>The process whose open files are looked into, with its children's.</summary>
    public int? ServerId { get; set; }

    /// <summary>Looks once more, at every byte.</summary>
    public async Task FinishAsync()
    {
        await stop.CancelAsync();
        await watching;
        read.Clear();
        Look();
    }

    public void LookInto(string where, string text)
    {
        foreach (var (name, word) in words.Where(w => Encoding.UTF8.GetBytes(text).AsSpan().IndexOf(w.Value) >= 0)) Met[$"{name} in {where}"] = true;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            Look();
            await Task.Delay(50, CancellationToken.None);
        }
    }

    private void Look()
    {
        foreach (var id in ProcessFacts.All()) LookAtProcess(id);
        foreach (var file in folders.SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories))) LookIntoFile(file, file);
        looks++;
    }

    private void LookAtProcess(int id)
    {
        LookInto($"argv of {ProcessFacts.Name(id)}", ProcessFacts.CommandLine(id));
        if (ProcessFacts.ParentOf(id) != ServerId) return;
        // Between fork and exec a tool still bears the name of the thread that starts it, and one that has ended has none.
        if (ProcessFacts.Name(id) is { Length: > 0 } name && !name.StartsWith(".NET", StringComparison.Ordinal)) Tools[name] = true;
        foreach (var (path, target) in ProcessFacts.OpenFiles(id).Concat(ProcessFacts.OpenFiles(ServerId!.Value)))
            if (target.EndsWith(" (deleted)", StringComparison.Ordinal) && !target.StartsWith("/memfd:", StringComparison.Ordinal)) LookIntoFile(path, target);
    }

    /// <summary>What was read before is not read again; the last piece is, for a word may lie across.</summary>
    private void LookIntoFile(string path, string name)
    {
        try
        {
            if (Path.GetFileName(name).StartsWith("vault.db", StringComparison.Ordinal))
            {
                LookIntoDatabase(path, name);
                return;
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
            var now = (file.Length, File.GetLastWriteTimeUtc(path));
            if (read.TryGetValue(name, out var before) && before == now) return;
            // Databases are written in the middle too; objects only grow.
            var isGrowing = name.EndsWith(".partial", StringComparison.Ordinal);
            file.Position = isGrowing ? Math.Max(0, before.Length - 200) : 0;
            Search(file, name);
            read[name] = now;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It went away between the list and the look, or it is a socket.
        }
    }

    /// <summary>Through another process: closing a file drops the POSIX locks that SQLite holds on it in this one, and others would write over what it reads.</summary>
    private void LookIntoDatabase(string path, string name)
    {
        var now = (new FileInfo(path).Length, File.GetLastWriteTimeUtc(path));
        if (read.TryGetValue(name, out var before) && before == now) return;
        using var reader = Process.Start(new ProcessStartInfo("cat", [path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Search(reader.StandardOutput.BaseStream, name);
        reader.WaitForExit();
        read[name] = now;
    }

    private void Search(Stream file, string name)
    {
        var buffer = new byte[PieceBytes];
        var kept = 0;
        int length;
        while ((length = file.Read(buffer, kept, PieceBytes - kept)) > 0)
        {
            ReadBytes += length;
            var piece = buffer.AsSpan(0, kept + length);
            foreach (var (word, bytes) in words)
                if (piece.IndexOf(bytes) >= 0) Met[$"{word} in {name}"] = true;
            kept = Math.Min(200, piece.Length);
            piece[^kept..].CopyTo(buffer);
        }
    }
}
