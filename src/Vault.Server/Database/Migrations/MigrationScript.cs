namespace Vault.Server.Database.Migrations;

/// <summary>A migration is the SQL file beside it: EF Core's design package, which writes migrations, is not on every feed.</summary>
internal static class MigrationScript
{
    public static string Read(string migrationId)
    {
        var assembly = typeof(MigrationScript).Assembly;
        using var stream = assembly.GetManifestResourceStream($"{migrationId}.sql")
            ?? throw new InvalidOperationException($"The script {migrationId}.sql is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
