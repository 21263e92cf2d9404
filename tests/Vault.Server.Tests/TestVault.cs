using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Vault.Server.Database;
using Vault.Server.Features.Accounts;
using Vault.Server.Features.Audit;

namespace Vault.Server.Tests;

/// <summary>The whole server in this process, on a vault of its own.</summary>
internal sealed class TestVault : WebApplicationFactory<VaultDb>
{
    public const string Password = "correct horse battery";

    public static readonly string Key = string.Concat(Enumerable.Repeat("5a", 32));

    private readonly LogCapture log = new();

    public static Actor Admin { get; } = new("admin", "127.0.0.1");

    public string Folder { get; } = Directory.CreateTempSubdirectory("vault-server-").FullName;

    public string DatabasePath => Path.Combine(Folder, "data", "vault.db");

    /// <summary>Every log line so far, at the most talkative level.</summary>
    public string Log => string.Join('\n', log.Lines);

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    public VaultDb OpenDatabase() => Get<IDbContextFactory<VaultDb>>().CreateDbContext();

    public Visitor Visit() => new(CreateClient(new() { AllowAutoRedirect = false, BaseAddress = new Uri("http://localhost") }));

    /// <summary>Makes the admin, and signs a visitor in with an account of that role.</summary>
    public async Task<Visitor> SignInAsync(AccountRole role = AccountRole.Admin)
    {
        var accounts = Get<AccountService>();
        if (!await accounts.HasAnyAsync())
            (await accounts.CreateFirstAdminAsync("admin", Password, Admin)).ShouldBeNullProblem();
        var name = role == AccountRole.Admin ? "admin" : role.ToString().ToLowerInvariant();
        if (role != AccountRole.Admin)
            (await accounts.CreateAsync(name, Password, role, Admin)).ShouldBeNullProblem();
        var visitor = Visit();
        await visitor.SubmitAsync("/sign-in", ("Input.Name", name), ("Input.Password", Password));
        return visitor;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        var keyFile = Path.Combine(Folder, "key");
        File.WriteAllText(keyFile, Key);
        builder.UseSetting("VAULT_DATA", Path.Combine(Folder, "data"));
        builder.UseSetting("BACKUP_DIR", Path.Combine(Folder, "backups"));
        builder.UseSetting("ENCRYPTION_KEY_FILE", keyFile);
        builder.ConfigureLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(log).AddFilter<LogCapture>(null, LogLevel.Trace));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, true);
    }

    private sealed class LogCapture : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose() { }
    }
}
