using System.CommandLine;
using Vault.Adapters;
using Vault.Cli.Backups;
using Vault.Core;
using Vault.Core.Engines;
using Vault.Core.Metadata;

namespace Vault.Cli.Restores;

/// <summary>The server, or for SQLite the file, that a restore goes into.</summary>
internal sealed record TargetServer(IDatabaseEngine Engine, SettingValues Settings)
{
    public static readonly Option<string> To = new("--to")
    {
        HelpName = "URL", Description = "postgres://user@host:5432/db or sqlite:///path/file.db, without a password: that comes by PGPASSWORD. Or give the whole URL by DATABASE_URL or --url-file.",
    };

    public static readonly Option<string> UrlFile = new("--url-file") { HelpName = "FILE", Description = "A file that holds the URL, password and all." };

    /// <exception cref="ProblemException">There is no URL, or it cannot be read; it is never repeated, for it may hold a password.</exception>
    public static TargetServer Read(ParseResult parsed)
    {
        var url = parsed.GetValue(To) ?? (parsed.GetValue(UrlFile) is { } file ? ReadFile(file) : Environment.GetEnvironmentVariable("DATABASE_URL"));
        if (string.IsNullOrWhiteSpace(url))
            throw new ProblemException("url-missing", "Nothing says which server to restore into.", "Set DATABASE_URL, or use --url-file or --to.");
        var folders = Environment.GetEnvironmentVariable("VAULT_TOOL_FOLDERS") ?? "";
        var engines = EngineRegistry.Create(new EngineOptions(folders.Split(':', StringSplitOptions.RemoveEmptyEntries)));
        var engine = engines.Find(IsSqlite(url) ? "sqlite" : "postgresql")!;
        var settings = engine.ParseUrl(url).Value;
        return new(engine, settings["password"] is null && Environment.GetEnvironmentVariable("PGPASSWORD") is { Length: > 0 } password ? settings.With("password", password) : settings);
    }

    /// <exception cref="ProblemException">The backup is of another kind of database.</exception>
    public RestoreRequest RequestFor(BackupOnDisk backup, string? database)
    {
        var origin = backup.Metadata is { } metadata ? OriginOf(metadata, null) : new DumpOrigin(Engine.Description.Id, null, null, Guess(backup.Path), null, null);
        var target = database ?? Settings["database"] ?? Settings.Require("path");
        return new RestoreRequest(Guid.NewGuid(), Settings, target, origin);
    }

    /// <summary>What the opened backup says goes before what its metadata was taken for.</summary>
    /// <exception cref="ProblemException">The backup is of another kind of database.</exception>
    public DumpOrigin OriginOf(BackupMetadata metadata, DumpOrigin? before)
    {
        var own = Engine.Description;
        var format = metadata.DumpFormat ?? before?.Format ?? own.DumpFormats[0].Id;
        var engine = metadata.Source?.Engine ?? own.Id;
        if (engine != own.Id || own.DumpFormats.All(known => known.Id != format))
            throw new ProblemException("engine-differs", $"A backup of {engine} ({format}) cannot be restored into {own.DisplayName}, so nothing was restored.", "Choose a target of the same kind, or write the dump to a file with: vaultctl decrypt");
        return new(engine, metadata.EngineVersion, metadata.ToolVersion, format, metadata.Source?.Databases is [var only] ? only : null, metadata.Sizes?.Dump);
    }

    /// <summary>For the plan alone, when nothing says it before the file is opened.</summary>
    private string Guess(string path) =>
        Engine.Description.DumpFormats.FirstOrDefault(format => Path.GetFileName(path).Contains($".{format.Extension}", StringComparison.Ordinal))?.Id ?? Engine.Description.DumpFormats[0].Id;

    private static bool IsSqlite(string url) => url.Trim() is var text && (text.StartsWith("sqlite:", StringComparison.Ordinal) || text.StartsWith('/') || text.StartsWith("./", StringComparison.Ordinal));

    private static string ReadFile(string path)
    {
        try
        {
            return System.IO.File.ReadAllText(path).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("url-file-unreadable", $"The file {path} with the URL could not be read ({error.Message.TrimEnd('.')}).", "Correct its name or its rights.", error);
        }
    }
}
