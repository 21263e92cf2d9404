using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Vault.Bench;

/// <summary>Runs a command and prints what it took: wall seconds, CPU seconds of it and its children, peak memory of all of them together in MB.</summary>
internal static partial class Measured
{
    private const int OfItself = 0, OfChildren = -1;
    private const string Told = "measured ";

    public static int Run(string[] command)
    {
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var peak = 0L;
        while (!process.WaitForExit(50))
        {
            peak = Math.Max(peak, TreeBytes(process.Id));
        }

        var wall = clock.Elapsed.TotalSeconds;
        var took = string.Create(CultureInfo.InvariantCulture, $"{wall:0.00} {CpuSeconds(OfChildren):0.00}");
        var told = output.Result.Split('\n').LastOrDefault(line => line.StartsWith(Told, StringComparison.Ordinal));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{told?[Told.Length..] ?? took} {peak / 1e6:0}"));
        return process.ExitCode;
    }

    /// <summary>Tells the measuring process what this part of the work took; its memory is measured from outside.</summary>
    public static async Task HereAsync(Func<Task> work)
    {
        var (clock, cpu) = (Stopwatch.StartNew(), CpuSeconds(OfItself) + CpuSeconds(OfChildren));
        await work();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Told}{clock.Elapsed.TotalSeconds:0.00} {CpuSeconds(OfItself) + CpuSeconds(OfChildren) - cpu:0.00}"));
    }

    private static double CpuSeconds(int whose)
    {
        _ = GetUsage(whose, out var usage);
        return usage.User.Total + usage.System.Total;
    }

    /// <summary>Anonymous memory: pages of libraries and files are shared and can be had again.</summary>
    private static long TreeBytes(int root)
    {
        var all = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!)).ToList();
        var parents = all.ToDictionary(id => id, ParentOf);
        return all.Where(id => IsUnder(id, root, parents)).Sum(AnonymousBytes);
    }

    private static bool IsUnder(int id, int root, Dictionary<int, int> parents)
    {
        while (id > 1)
        {
            if (id == root)
            {
                return true;
            }

            id = parents.GetValueOrDefault(id);
        }

        return false;
    }

    private static int ParentOf(int id) => (int)Field(id, "PPid:");

    private static long AnonymousBytes(int id) => Field(id, "RssAnon:") * 1024;

    /// <summary>0 when the process has ended meanwhile.</summary>
    private static long Field(int id, string name)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line[name.Length..].Replace("kB", "").Trim(), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, out Usage usage);

    private readonly record struct Time(long Seconds, long Microseconds)
    {
        public double Total => Seconds + Microseconds / 1e6;
    }

    /// <summary><c>struct rusage</c> of getrusage(2); only its times are read.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Usage
    {
        public Time User;
        public Time System;
        public fixed long Rest[14];
    }
}
