using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Vault.Core;
using Vault.Core.Keys;
using Vault.Server.Database;
using Vault.Server.Features.Audit;
using Vault.Server.Features.Settings;

namespace Vault.Server.Features.Notifications;

/// <summary>The address that is told of failures. It may hold a token, so it is wrapped and never shown.</summary>
internal sealed class Webhook(IDbContextFactory<VaultDb> databases, SystemKey systemKey, AuditLog audit)
{
    public static readonly WrapContext Where = new("Settings", "Webhook", "Value");
    private const string DeliveryName = "WebhookDelivery";
    private const int MaxLength = 2000;

    public async Task<bool> IsSetAsync() => await ReadAsync(Where.RowId) is not null;

    /// <summary>Null: none is set.</summary>
    /// <exception cref="ProblemException">It does not open.</exception>
    public async Task<Uri?> OpenAsync() =>
        await ReadAsync(Where.RowId) is { } wrapped ? new Uri(Encoding.UTF8.GetString(systemKey.Unwrap(wrapped, Where).Value)) : null;

    public async Task<Problem?> SaveAsync(string? entered, Actor actor)
    {
        var text = entered?.Trim() ?? "";
        if (Check(text) is { } problem) return problem;
        await WriteAsync(Where.RowId, systemKey.Wrap(Encoding.UTF8.GetBytes(text), Where));
        await WriteAsync(DeliveryName, null);
        await audit.WriteAsync(actor, "webhook-changed", null);
        return null;
    }

    public async Task RemoveAsync(Actor actor)
    {
        await WriteAsync(Where.RowId, null);
        await WriteAsync(DeliveryName, null);
        await audit.WriteAsync(actor, "webhook-removed", null);
    }

    public async Task<Delivery?> LastAsync() => await ReadAsync(DeliveryName) is { } json ? JsonSerializer.Deserialize<Delivery>(json) : null;

    public Task RecordAsync(Delivery delivery) => WriteAsync(DeliveryName, JsonSerializer.Serialize(delivery));

    private static Problem? Check(string text)
    {
        if (text.Length > MaxLength || !Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return new Problem("webhook-invalid", "This is not the address of a web page (http or https), so nothing was saved.", "Enter one such as https://ntfy.example/my-topic.");
        return address.UserInfo.Length == 0
            ? null
            : new Problem("webhook-invalid", "A name and a password before the host would not be sent, so nothing was saved.", "Use a receiver that takes its token in the path or the query.");
    }

    private async Task<string?> ReadAsync(string name)
    {
        await using var db = await databases.CreateDbContextAsync();
        return (await db.Settings.AsNoTracking().FirstOrDefaultAsync(s => s.Name == name))?.Value;
    }

    /// <param name="value">Null removes it.</param>
    private async Task WriteAsync(string name, string? value)
    {
        await using var db = await databases.CreateDbContextAsync();
        var stored = await db.Settings.FindAsync(name);
        if (stored is null && value is not null) db.Add(new VaultSetting { Name = name, Value = value });
        else if (value is not null) stored!.Value = value;
        else if (stored is not null) db.Remove(stored);
        await db.SaveChangesAsync();
    }
}
