using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Vault.Adapters.Processes;

/// <summary>The one class that starts processes. Disposing it kills the tool with its children and waits until it is gone.</summary>
internal sealed partial class ToolProcess : IAsyncDisposable
{
    private const int SetPipeSize = 1031; // F_SETPIPE_SZ
    private const int PipeSizeBytes = 1024 * 1024;
    private readonly Process process;
    private readonly Task lines;
    private bool isDisposed;

    private ToolProcess(Process process, Task lines) => (this.process, this.lines) = (process, lines);

    public int Id => process.Id;

    public Stream Output => process.StandardOutput.BaseStream;

    public Stream Input => process.StandardInput.BaseStream;

    public bool HasExited => process.HasExited;

    public static ToolProcess Start(ToolStart start)
    {
        var info = new ProcessStartInfo(start.Path)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (var argument in start.Arguments) info.ArgumentList.Add(argument);
        SetEnvironment(info, start);
        var process = Process.Start(info) ?? throw new InvalidOperationException($"{start.Path} did not start.");
        if (!start.GivesInput) process.StandardInput.Close();
        EnlargePipe(start.TakesOutput ? process.StandardOutput.BaseStream : null);
        EnlargePipe(start.GivesInput ? process.StandardInput.BaseStream : null);
        var lines = LineReader.ReadAsync(process.StandardError.BaseStream, start.OnLine);
        if (!start.TakesOutput) lines = Task.WhenAll(lines, LineReader.ReadAsync(process.StandardOutput.BaseStream, start.OnLine));
        return new ToolProcess(process, lines);
    }

    /// <summary>Ends when the tool has ended and its last line was pushed. Gives the exit code.</summary>
    public async Task<int> WaitAsync(CancellationToken cancel)
    {
        await process.WaitForExitAsync(cancel);
        // A grandchild may hold stderr open after the tool has ended; its lines are not worth waiting for.
        await Task.WhenAny(lines, Task.Delay(TimeSpan.FromSeconds(2), cancel));
        return process.ExitCode;
    }

    /// <summary>SIGKILL: the tool can do nothing more, above all not commit.</summary>
    public void Kill()
    {
        try
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        catch (Exception error) when (error is InvalidOperationException or AggregateException or System.ComponentModel.Win32Exception)
        {
            // It ended between the question and the signal.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (isDisposed) return;
        isDisposed = true;
        Kill();
        await process.WaitForExitAsync(CancellationToken.None); // also reaps it: no zombie stays
        process.Dispose();
    }

    private static void SetEnvironment(ProcessStartInfo info, ToolStart start)
    {
        foreach (var name in info.Environment.Keys.Where(k => k.StartsWith(start.RemovedPrefix, StringComparison.Ordinal)).ToList())
            info.Environment.Remove(name);
        // The wrapping key is the server's alone.
        info.Environment.Remove("ENCRYPTION_KEY");
        info.Environment.Remove("ENCRYPTION_KEY_FILE");
        foreach (var (name, value) in start.Environment)
            if (value is null) info.Environment.Remove(name);
            else info.Environment[name] = value;
    }

    /// <summary>Measured, design §5: 1 MiB instead of 64 KiB is worth about 20 %. A refusal by the kernel's limit is no fault.</summary>
    private static void EnlargePipe(Stream? stream)
    {
        SafeHandle? handle = stream switch
        {
            FileStream file => file.SafeFileHandle,
            System.IO.Pipes.PipeStream pipe => pipe.SafePipeHandle,
            _ => null,
        };
        if (handle is not null) _ = Fcntl((int)handle.DangerousGetHandle(), SetPipeSize, PipeSizeBytes);
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int handle, int command, int argument);
}
