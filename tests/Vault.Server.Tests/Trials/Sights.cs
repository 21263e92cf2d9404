using Microsoft.EntityFrameworkCore;
using Npgsql;
using Vault.Core.Metadata;
using Vault.Server.Features.Runs;

namespace Vault.Server.Tests.Trials;

/// <summary>What can be seen of a run from outside: in the vault's rows, in the destination's folder, on the database server.</summary>
internal sealed class Sights(TrialVault vault, NpgsqlConnection databaseServer)
{
    private const string Partial = ".partial";

    public Guid RunId { get; set; }

    public Moment HasObject => Sees("the object", name => !name.EndsWith(Partial, StringComparison.Ordinal) && !ObjectNames.IsMetadata(name));

    public Moment HasPartialMetadata => Sees("partial metadata", name => name.EndsWith(".meta.json.partial", StringComparison.Ordinal));

    public Moment HasMetadata => Sees("the metadata", ObjectNames.IsMetadata);

    public Moment IsSwapped => Asks("the target is swapped", $"SELECT EXISTS (SELECT FROM pg_database WHERE datname LIKE '{TrialVault.Database}\\_before\\_%')");

    public Moment Row(RunState state) => new($"the row says {state}", async () =>
    {
        await using var db = vault.Desk.OpenDatabase();
        return await db.Runs.AnyAsync(r => r.Id == RunId && r.State == state);
    });

    public Moment Phase(string name) => new($"the log says {name}", async () =>
    {
        await using var db = vault.Desk.OpenDatabase();
        return await db.RunLog.AnyAsync(l => l.RunId == RunId && l.Text == name);
    });

    public Moment PartialOf(string name, long sizeBytes) => new($"the partial object has {name}",
        () => Files().Any(f => IsPartialObject(f.Name) && f.Length >= sizeBytes));

    public Moment ShadowOf(int megabytes) => Asks($"the hidden database has {megabytes} MB",
        $"SELECT coalesce(max(pg_database_size(oid)), 0) > {megabytes} * 1000000 FROM pg_database WHERE datname LIKE 'vault\\_restore\\_%'");

    public Moment Statement(string words) => Asks($"the server executes {words}",
        $"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE '{words}%' AND pid <> pg_backend_pid())");

    private static bool IsPartialObject(string name) => name.EndsWith(Partial, StringComparison.Ordinal) && !name.Contains(".meta.json", StringComparison.Ordinal);

    private Moment Sees(string what, Func<string, bool> isIt) => new($"the folder shows {what}", () => Files().Any(f => isIt(f.Name)));

    private IEnumerable<FileInfo> Files() => new DirectoryInfo(vault.BackupFolder).EnumerateFiles($"*{RunId.ToString("N")[^12..]}*", SearchOption.AllDirectories);

    private Moment Asks(string what, string question) => new(what, async () =>
    {
        try
        {
            await using var command = new NpgsqlCommand(question, databaseServer);
            return await command.ExecuteScalarAsync() is true;
        }
        catch (PostgresException)
        {
            return false; // the database that was asked about went away meanwhile
        }
    });
}
