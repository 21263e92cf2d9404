using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Server.Features.Profiles;
using Vault.Server.Features.Runs;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Faults;

/// <summary>What is not exactly the backup that was made is refused before the restore tool gets a byte.</summary>
public sealed class DamagedBackupTests(OneStandardBackup one, PostgresServer postgres) : IClassFixture<OneStandardBackup>, IAsyncLifetime
{
    internal static readonly Dictionary<string, Func<OneBackup, Task>> Damages = new()
    {
        ["first byte"] = one => one.ChangeFileAsync(bytes => Flip(bytes, 0)),
        ["middle byte"] = one => one.ChangeFileAsync(bytes => Flip(bytes, bytes.Length / 2)),
        ["last byte"] = one => one.ChangeFileAsync(bytes => Flip(bytes, bytes.Length - 1)),
        ["cut by one"] = one => one.ChangeFileAsync(bytes => bytes[..^1]),
        ["cut to nothing"] = one => one.ChangeFileAsync(_ => []),
        ["longer by one"] = one => one.ChangeFileAsync(bytes => [.. bytes, 0]),
        ["file gone"] = one => { File.Delete(one.FilePath); return Task.CompletedTask; },
        ["tag bit"] = one => one.ChangeMetadataAsync(json => Change(json, "authTag", hex => (hex[0] == '0' ? '1' : '0') + hex[1..])),
        ["iv bit"] = one => one.ChangeMetadataAsync(json => Change(json, "iv", hex => (hex[0] == '0' ? '1' : '0') + hex[1..])),
        ["tag of 4"] = one => one.ChangeMetadataAsync(json => Change(json, "authTag", hex => hex[..8])),
        ["tag of 8"] = one => one.ChangeMetadataAsync(json => Change(json, "authTag", hex => hex[..16])),
        ["tag of 12"] = one => one.ChangeMetadataAsync(json => Change(json, "authTag", hex => hex[..24])),
        ["no tag"] = one => one.ChangeMetadataAsync(json => Encryption(json).Remove("authTag")),
        ["iv of 4"] = one => one.ChangeMetadataAsync(json => Change(json, "iv", hex => hex[..8])),
        ["says not encrypted"] = one => one.ChangeMetadataAsync(json => json.Remove("encryption")),
        ["metadata gone"] = one => { File.Delete(one.MetadataPath); return Task.CompletedTask; },
        ["metadata of another"] = one =>
        {
            File.Copy(one.Scene.PathOf(one.Other) + ".meta.json", one.MetadataPath, overwrite: true);
            return Task.CompletedTask;
        },
        ["both of another"] = one =>
        {
            File.Copy(one.Scene.PathOf(one.Other), one.FilePath, overwrite: true);
            File.Copy(one.Scene.PathOf(one.Other) + ".meta.json", one.MetadataPath, overwrite: true);
            return Task.CompletedTask;
        },
        ["metadata garbage"] = one => File.WriteAllTextAsync(one.MetadataPath, "{ this is no JSON"),
        ["metadata empty"] = one => File.WriteAllTextAsync(one.MetadataPath, ""),
        ["metadata huge"] = one => File.WriteAllBytesAsync(one.MetadataPath, new byte[20_000_000]),
        ["metadata deep"] = one => File.WriteAllTextAsync(one.MetadataPath, string.Concat(Enumerable.Repeat("{\"a\":", 100_000))),
        ["metadata from the future"] = one => one.ChangeMetadataAsync(json => json["version"] = 9),
        ["algorithm"] = one => one.ChangeMetadataAsync(json => Encryption(json)["algorithm"] = "aes-256-cbc"),
        ["link"] = one =>
        {
            File.Move(one.FilePath, one.FilePath + "-elsewhere");
            File.CreateSymbolicLink(one.FilePath, one.FilePath + "-elsewhere");
            return Task.CompletedTask;
        },
    };

    public async ValueTask InitializeAsync() => await one.MendAsync();

    public ValueTask DisposeAsync()
    {
        File.Delete(one.FilePath);
        File.Delete(one.FilePath + "-elsewhere");
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("first byte", "tag-mismatch", "authentication tag")]
    [InlineData("middle byte", "tag-mismatch", "authentication tag")]
    [InlineData("last byte", "tag-mismatch", "authentication tag")]
    [InlineData("cut by one", "file-truncated", "was cut")]
    [InlineData("cut to nothing", "file-truncated", "has 0 bytes")]
    [InlineData("longer by one", "file-too-long", "something was added")]
    [InlineData("file gone", "object-missing", "does not hold")]
    [InlineData("tag bit", "tag-mismatch", "authentication tag")]
    [InlineData("iv bit", "tag-mismatch", "authentication tag")]
    [InlineData("tag of 4", "metadata-tag-length", "has 4 bytes")]
    [InlineData("tag of 8", "metadata-tag-length", "has 8 bytes")]
    [InlineData("tag of 12", "metadata-tag-length", "has 12 bytes")]
    [InlineData("no tag", "metadata-tag-malformed", "no readable authentication tag")]
    [InlineData("iv of 4", "metadata-iv-length", "has 4 bytes")]
    [InlineData("metadata gone", "metadata-missing", ".meta.json")]
    [InlineData("metadata of another", "backup-exchanged", "not this backup")]
    [InlineData("both of another", "backup-exchanged", "not this backup")]
    [InlineData("says not encrypted", "backup-exchanged", "its encryption")]
    [InlineData("metadata garbage", "metadata-garbage", "cannot be read")]
    [InlineData("metadata empty", "metadata-garbage", "cannot be read")]
    [InlineData("metadata huge", "metadata-garbage", "larger than any metadata")]
    [InlineData("metadata deep", "metadata-garbage", "cannot be read")]
    [InlineData("metadata from the future", "metadata-version", "version 9")]
    [InlineData("algorithm", "algorithm-unknown", "algorithm")]
    [InlineData("link", "object-name", "does not stay inside")]
    public async Task It_is_refused_with_its_own_message_before_the_tool_starts(string damage, string code, string words)
    {
        await Damages[damage](one);
        (await RefusedAsync(code)).ProblemMessage!.ShouldContain(words);
    }

    [Fact]
    public async Task A_wrong_key_only_and_no_key_at_all_are_told_apart()
    {
        await using var db = one.Scene.Vault.Db();
        var right = await db.EncryptionProfiles.AsNoTracking().SingleAsync();
        try
        {
            await db.Jobs.ExecuteUpdateAsync(set => set.SetProperty(j => j.ProfileId, (Guid?)null));
            await db.EncryptionProfiles.ExecuteDeleteAsync();
            var none = await RefusedAsync("no-key-matches");
            none.ProblemMessage!.ShouldContain("there is no key here");
            none.ProblemNext!.ShouldContain("Import Key");
            await one.Scene.Vault.Profiles.CreateAsync("Wrong", Scene.Ada);
            (await RefusedAsync("wrong-key")).ProblemMessage!.ShouldContain("'Wrong'");
        }
        finally
        {
            await db.EncryptionProfiles.ExecuteDeleteAsync();
            db.EncryptionProfiles.Add(right);
            await db.SaveChangesAsync();
        }
    }

    [Fact]
    public async Task The_same_backup_restores_when_nothing_is_wrong_with_it()
    {
        var starts = one.ToolStarts;
        await one.Scene.ShouldSucceedAsync(await one.Scene.RestoreAsync(one.Backup, $"{one.Database} whole"));
        one.ToolStarts.ShouldBe(starts + 1);
    }

    private async Task<Run> RefusedAsync(string code)
    {
        var (starts, before, oid) = (one.ToolStarts, await PrintAsync(), await OidAsync());
        var run = await one.Scene.RestoreAsync(one.Backup, one.Database);
        await one.Scene.ShouldBeRedAsync(run, code);
        one.ToolStarts.ShouldBe(starts);
        (await one.Scene.Vault.Runs.PhasesAsync(run.Id)).ShouldBeSubsetOf(["Preparing", "Verifying"]);
        (await one.Scene.Vault.LogOfAsync(run.Id)).ShouldNotContain("hidden database");
        (await OidAsync()).ShouldBe(oid);
        (await PrintAsync()).DifferencesFrom(before).ShouldBeEmpty();
        return run;
    }

    private async Task<DatabaseFingerprint> PrintAsync() => await DatabaseFingerprint.TakeAsync(postgres.Cluster.ConnectionString(one.Database));

    /// <summary>The target itself; a restore would have put another database in its place.</summary>
    private Task<uint> OidAsync() => postgres.Cluster.ScalarAsync<uint>("postgres", $"SELECT oid FROM pg_database WHERE datname = '{one.Database}'");

    private static byte[] Flip(byte[] bytes, int at)
    {
        bytes[at] ^= 1;
        return bytes;
    }

    private static JsonObject Encryption(JsonObject json) => json["encryption"].ShouldNotBeNull().AsObject();

    private static void Change(JsonObject json, string name, Func<string, string> change) =>
        Encryption(json)[name] = change(Encryption(json)[name].ShouldNotBeNull().GetValue<string>());
}
