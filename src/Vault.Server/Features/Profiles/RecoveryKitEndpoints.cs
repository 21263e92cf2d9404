using Microsoft.AspNetCore.Antiforgery;
using Vault.Server.Features.Accounts;

namespace Vault.Server.Features.Profiles;

internal static class RecoveryKitEndpoints
{
    /// <summary>Relative to the base address, as the form of the dialog names it.</summary>
    public const string Address = "settings/vault/recovery-kit";

    /// <summary>Only by POST: what answers to a GET stands in histories, in logs of proxies and behind links.</summary>
    public static void MapRecoveryKit(this WebApplication app) =>
        app.MapPost($"/{Address}", SendAsync).RequireAuthorization(Policies.Administer);

    private static async Task<IResult> SendAsync(HttpContext http, IAntiforgery antiforgery, RecoveryKitService kits)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
            return Results.BadRequest();
        var ticket = (await http.Request.ReadFormAsync(http.RequestAborted))["ticket"].ToString();
        var vault = $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}";
        var opened = await kits.OpenAsync(ticket, vault, AccountsSetup.ActorOf(http));
        if (!opened.IsOk)
            return Results.StatusCode(StatusCodes.Status410Gone);
        http.Response.ContentLength = opened.Value.Zip.Content.Length;
        return Results.Stream(body => kits.SendAsync(opened.Value, body, http.RequestAborted), "application/zip", opened.Value.Zip.FileName);
    }
}
