using System.Text.Json.Nodes;
using Shouldly;
using Vault.Core.Formats;
using Vault.Server.Features.Backups;
using Vault.Server.Tests.Runs;
using Vault.Testing;
using Xunit;

namespace Vault.Server.Tests.Faults;

/// <summary>A vault with two good <c>standard</c> backups, and restore tools that leave a mark when they are started.</summary>
public sealed class OneStandardBackup(PostgresServer postgres) : OneBackup(postgres, EncryptionFormat.Standard);

/// <summary>The same, <c>sealed</c>.</summary>
public sealed class OneSealedBackup(PostgresServer postgres) : OneBackup(postgres, EncryptionFormat.Sealed);

public abstract class OneBackup(PostgresServer postgres, EncryptionFormat format) : IAsyncLifetime
{
    private const string RealTools = "/usr/lib/postgresql/15/bin";
    private readonly TempFolder folder = new();
    private readonly TempFolder tools = new();
    private Scene? scene;
    private byte[] file = [];
    private byte[] metadata = [];

    internal Scene Scene => scene!;

    internal BackupRow Backup { get; private set; } = null!;

    internal BackupRow Other { get; private set; } = null!;

    internal string Database { get; private set; } = "";

    internal string FilePath => Scene.PathOf(Backup);

    internal string MetadataPath => FilePath + ".meta.json";

    internal int ToolStarts => File.Exists(tools.File("starts")) ? File.ReadAllLines(tools.File("starts")).Length : 0;

    public async ValueTask InitializeAsync()
    {
        foreach (var tool in new[] { "pg_dump", "psql", "pg_restore" })
            await FailedBackupTests.WriteToolAsync(tools.File(tool), $"#!/bin/sh\ncase \"$1 {tool}\" in --version*|*pg_dump) ;; *) echo {tool} >> '{tools.File("starts")}' ;; esac\nexec {RealTools}/{tool} \"$@\"\n");
        Database = await postgres.MakeDatabaseAsync(rows: 3000);
        scene = await Scene.StartAsync(folder, postgres.Cluster.Settings(Database), replace: FailedBackupTests.Tools(tools.Path), sealing: format);
        Backup = await scene.BackUpAsync();
        Backup.Backup.Format.ShouldBe(format.ToWord());
        await postgres.Cluster.ExecuteAsync(Database, "DELETE FROM orders WHERE id % 2 = 0");
        Other = await scene.BackUpAsync();
        (file, metadata) = (await File.ReadAllBytesAsync(FilePath), await File.ReadAllBytesAsync(MetadataPath));
    }

    /// <summary>Puts the file and its metadata back as they were made.</summary>
    internal async Task MendAsync()
    {
        await File.WriteAllBytesAsync(FilePath, file);
        await File.WriteAllBytesAsync(MetadataPath, metadata);
    }

    internal async Task ChangeFileAsync(Func<byte[], byte[]> change) => await File.WriteAllBytesAsync(FilePath, change([.. file]));

    internal async Task ChangeMetadataAsync(Action<JsonObject> change)
    {
        var json = JsonNode.Parse(metadata).ShouldNotBeNull().AsObject();
        change(json);
        await File.WriteAllTextAsync(MetadataPath, json.ToJsonString());
    }

    public async ValueTask DisposeAsync()
    {
        if (scene is not null) await scene.DisposeAsync();
        folder.Dispose();
        tools.Dispose();
        GC.SuppressFinalize(this);
    }
}
