using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Core.Pipeline;
using Vault.Server.Database;
using Vault.Server.Features.Runs;
using Vault.Server.Features.Settings;

namespace Vault.Server.Features.Jobs;

/// <summary>What the methods and levels gave on this machine.</summary>
internal sealed record CompressionTable(DateTimeOffset MeasuredAt, int Cores, IReadOnlyList<CompressionSpeed> Speeds);

/// <param name="Now">What is tried at the moment, such as <c>zstd 9</c>.</param>
internal sealed record MeterState(bool IsRunning, int Done = 0, string? Now = null, Problem? Problem = null);

/// <summary>Measures the compressions in the background, once for everybody who watches, and remembers the result in the vault.</summary>
internal sealed class CompressionMeter(IDbContextFactory<VaultDb> databases, TimeProvider clock, IHostApplicationLifetime life, ILogger<CompressionMeter> log)
{
    private const string SettingName = "compression-table";

    private static readonly JsonSerializerOptions json = new() { Converters = { new JsonStringEnumConverter() } };
    private static readonly TimeSpan leastTime = TimeSpan.FromMilliseconds(300);

    private readonly Lock gate = new();
    private CancellationTokenSource? running;
    private volatile MeterState state = new(IsRunning: false);

    /// <summary>The levels that people choose, and the ends.</summary>
    public static IReadOnlyList<(CompressionMethod Method, int Level)> Ways { get; } =
    [
        (CompressionMethod.Zstd, 1), (CompressionMethod.Zstd, 3), (CompressionMethod.Zstd, 9), (CompressionMethod.Zstd, 19),
        (CompressionMethod.Gzip, 1), (CompressionMethod.Gzip, 6), (CompressionMethod.Gzip, 9),
        (CompressionMethod.Brotli, 1), (CompressionMethod.Brotli, 4), (CompressionMethod.Brotli, 9),
    ];

    public Signal Changed { get; } = new();

    public MeterState State => state;

    /// <summary>What was measured last; null when nothing was.</summary>
    public async Task<CompressionTable?> LastAsync()
    {
        await using var db = await databases.CreateDbContextAsync();
        return await db.Settings.AsNoTracking().FirstOrDefaultAsync(s => s.Name == SettingName) is { } stored ? Read(stored.Value) : null;
    }

    /// <summary>Returns at once; does nothing when a measurement is going on.</summary>
    public void Start()
    {
        lock (gate)
        {
            if (running is not null) return;
            running = CancellationTokenSource.CreateLinkedTokenSource(life.ApplicationStopping);
            var cancel = running.Token;
            Tell(new MeterState(IsRunning: true));
            _ = Task.Run(() => RunAsync(cancel), CancellationToken.None);
        }
    }

    public void Cancel()
    {
        lock (gate) running?.Cancel();
    }

    private async Task RunAsync(CancellationToken cancel)
    {
        var problem = await MeasureAndStoreAsync(cancel);
        lock (gate)
        {
            running?.Dispose();
            running = null;
            Tell(new MeterState(IsRunning: false, Problem: problem));
        }
    }

    /// <summary>Answers with what must be said; a cancelled measurement leaves the last one as it is.</summary>
    private async Task<Problem?> MeasureAndStoreAsync(CancellationToken cancel)
    {
        try
        {
            var (table, problem) = await MeasureAsync(cancel);
            await StoreAsync(table, cancel);
            return problem;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception cause) // of any kind: nobody awaits this
        {
            log.LogWarning(cause, "The compressions could not be measured");
            return new Problem("measure-failed", "The measurement failed, so the figures are not new.", "Look into the server's log for the cause, and measure again.");
        }
    }

    /// <summary>A method whose library is missing is left out, and said.</summary>
    private async Task<(CompressionTable Table, Problem? Problem)> MeasureAsync(CancellationToken cancel)
    {
        var sample = CompressionSample.Make();
        var speeds = new List<CompressionSpeed>();
        Problem? problem = null;
        foreach (var (at, (method, level)) in Ways.Index())
        {
            Tell(new MeterState(IsRunning: true, at, $"{CompressionWords.NameOf(method)} {level}"));
            try
            {
                speeds.Add(await CompressionTrial.RunAsync(method, level, sample, leastTime, clock, cancel));
            }
            catch (ProblemException missing)
            {
                problem = missing.Problem;
            }
        }

        return (new CompressionTable(clock.GetUtcNow(), Environment.ProcessorCount, speeds), problem);
    }

    private async Task StoreAsync(CompressionTable table, CancellationToken cancel)
    {
        var text = JsonSerializer.Serialize(table, json);
        await using var db = await databases.CreateDbContextAsync(cancel);
        if (await db.Settings.FirstOrDefaultAsync(s => s.Name == SettingName, cancel) is { } stored) stored.Value = text;
        else db.Settings.Add(new VaultSetting { Name = SettingName, Value = text });
        await db.SaveChangesAsync(cancel);
    }

    /// <summary>What an older or newer Vault wrote otherwise is as good as nothing: it is measured again in seconds.</summary>
    private static CompressionTable? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<CompressionTable>(text, json) is { Speeds: not null } table ? table : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Tell(MeterState now)
    {
        state = now;
        Changed.Set();
    }
}
