using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Vault.Server.Features.Profiles;

namespace Vault.Server.Tests.Profiles;

/// <summary>A Recovery Kit as it was downloaded.</summary>
internal sealed partial record Kit(string FileName, Dictionary<string, string> Files)
{
    public const string Address = "/settings/vault/recovery-kit";

    public string All => string.Join('\n', Files.Values);

    public static async Task<Kit> ReadAsync(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        var files = new Dictionary<string, string>();
        using var zip = new ZipArchive(await answer.Content.ReadAsStreamAsync());
        foreach (var entry in zip.Entries)
        {
            using var reader = new StreamReader(entry.Open(), Encoding.UTF8);
            files.Add(entry.FullName, await reader.ReadToEndAsync());
        }
        return new(answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'), files);
    }

    /// <summary>As the dialog does it: the password first, then the form with the ticket.</summary>
    public static async Task<Kit> DownloadAsync(TestVault vault, Visitor admin, Guid profileId)
    {
        var ticket = (await vault.Get<RecoveryKitService>().PermitAsync(profileId, TestVault.Password, TestVault.Admin)).Value;
        return await ReadAsync(await PostAsync(admin, ticket.Word));
    }

    public static async Task<HttpResponseMessage> PostAsync(Visitor visitor, string ticket)
    {
        // The form of sign-in carries a token of whoever looks at it.
        var token = (await visitor.ReadFormAsync("/sign-in"))["__RequestVerificationToken"];
        return await visitor.PostAsync(Address, new() { ["ticket"] = ticket, ["__RequestVerificationToken"] = token });
    }

    public static async Task<string> KeyOfAsync(TestVault vault, Guid profileId)
    {
        using var key = await vault.Get<ProfileService>().OpenKeyAsync(profileId);
        return key.RevealHex();
    }

    public static async Task<DateTimeOffset?> DownloadedAtAsync(TestVault vault, Guid profileId)
    {
        await using var db = vault.OpenDatabase();
        return (await db.EncryptionProfiles.AsNoTracking().SingleAsync(p => p.Id == profileId)).KitDownloadedAt;
    }

    public static IReadOnlyList<string> KeyWords(string text) => [.. KeyWord().Matches(text).Select(m => m.Value)];

    [GeneratedRegex("(?<![0-9A-Za-z])[0-9A-Fa-f]{64}(?![0-9A-Za-z])")]
    private static partial Regex KeyWord();
}
