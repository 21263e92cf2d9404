using System.IO.Compression;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Vault.Core.Pipeline;
using Vault.Server.Features.Jobs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Jobs;

public sealed class CompressionMeterTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public async Task What_was_measured_is_remembered_with_its_date_and_cores()
    {
        await using (var vault = Runs.TestVault.Start(folder.Path))
        {
            var meter = MeterOf(vault);
            (await meter.LastAsync()).ShouldBeNull();
            meter.Start();
            meter.Start();
            meter.State.IsRunning.ShouldBeTrue();
            await Eventually.TrueAsync(() => Task.FromResult(!meter.State.IsRunning), "it has measured", TimeSpan.FromSeconds(120));
            meter.State.Problem.ShouldBeNull();
        }

        await using var again = Runs.TestVault.Start(folder.Path);
        var table = (await MeterOf(again).LastAsync()).ShouldNotBeNull();
        table.MeasuredAt.ShouldBeGreaterThan(DateTimeOffset.UtcNow.AddMinutes(-10));
        table.Cores.ShouldBe(Environment.ProcessorCount);
        table.Speeds.Select(speed => (speed.Method, speed.Level)).ShouldBe(CompressionMeter.Ways);
        table.Speeds.ShouldAllBe(speed => speed.BytesPerSecond > 10_000 && speed.Ratio > 1.3 && speed.Ratio < 5);
    }

    [Fact]
    public async Task A_measurement_that_is_stopped_keeps_nothing_and_can_be_started_again()
    {
        await using var vault = Runs.TestVault.Start(folder.Path);
        var meter = MeterOf(vault);
        meter.Cancel();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            meter.Start();
            meter.State.IsRunning.ShouldBeTrue();
            meter.Cancel();
            await Eventually.TrueAsync(() => Task.FromResult(!meter.State.IsRunning), "it has stopped");
        }

        meter.State.Problem.ShouldBeNull();
        (await meter.LastAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task What_another_version_remembered_otherwise_is_as_good_as_nothing()
    {
        await using var vault = Runs.TestVault.Start(folder.Path);
        await using (var db = vault.Db())
        {
            db.Settings.Add(new Vault.Server.Features.Settings.VaultSetting { Name = "compression-table", Value = """{"Speeds":[{"Method":"LZ9"}]}""" });
            await db.SaveChangesAsync();
        }

        (await MeterOf(vault).LastAsync()).ShouldBeNull();
    }

    [Fact]
    public void The_sample_is_the_same_each_time_and_shrinks_as_a_dump_does()
    {
        var sample = CompressionSample.Make();
        sample.Length.ShouldBe(CompressionSample.SizeBytes);
        sample.AsSpan().SequenceEqual(CompressionSample.Make()).ShouldBeTrue();
        var gzipped = new MemoryStream();
        using (var gzip = new GZipStream(gzipped, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(sample);
        ((double)sample.Length / gzipped.Length).ShouldBeInRange(1.8, 3);
    }

    [Fact]
    public void Every_level_says_what_it_costs_and_a_new_job_takes_zstd_3()
    {
        foreach (var method in CompressionWords.Order)
        {
            CompressionWords.Help(method).ShouldNotBeEmpty();
            var (min, max, _) = method.Levels();
            for (var level = min; level <= max; level++) CompressionWords.LevelHelp(method, level).ShouldStartWith($"{min} to {max}. ");
        }

        CompressionWords.Order.ShouldBe(Enum.GetValues<CompressionMethod>(), ignoreOrder: true);
        (new JobForm().Method, new JobForm().Level).ShouldBe((CompressionMethod.Zstd, 3));
    }

    [Fact]
    public async Task A_job_takes_every_zstd_level_and_no_other()
    {
        await using var vault = Runs.TestVault.Start(folder.Path);
        var shop = Path.Combine(folder.Path, "shop.sqlite");
        await File.WriteAllBytesAsync(shop, []);
        var source = await vault.AddSourceAsync("shop", "sqlite", new(new Dictionary<string, string> { ["path"] = shop }));
        var destination = await vault.AddDestinationAsync();
        foreach (var (level, code) in new[] { (0, "level-out-of-range"), (1, null), (19, null), (20, "level-out-of-range") })
        {
            var input = new JobInput($"zstd {level}", source, destination, null, "sqlite", "ZSTD", level, null, null, "UTC", true) { IsPlaintextConfirmed = true };
            (await vault.Jobs.AddAsync(input, Runs.TestVault.Ada)).Problem?.Code.ShouldBe(code);
        }

        (await vault.Jobs.ListAsync()).Count.ShouldBe(2);
        (await vault.Jobs.NewestDumpSizeAsync(source)).ShouldBeNull();
    }

    public void Dispose() => folder.Dispose();

    private static CompressionMeter MeterOf(Runs.TestVault vault) => vault.Services.GetRequiredService<CompressionMeter>();
}
