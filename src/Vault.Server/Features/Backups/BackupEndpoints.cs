using Vault.Server.Features.Accounts;

namespace Vault.Server.Features.Backups;

internal static class BackupEndpoints
{
    /// <summary>Downloads: the object as it is stored, and its metadata. And the order to verify a backup.</summary>
    public static void MapBackups(this WebApplication app)
    {
        app.MapGet("/backups/copies/{copyId:guid}/object", (Guid copyId, HttpContext http, BackupService backups) => SendAsync(copyId, false, http, backups))
            .RequireAuthorization(Policies.Operate);
        app.MapGet("/backups/copies/{copyId:guid}/metadata", (Guid copyId, HttpContext http, BackupService backups) => SendAsync(copyId, true, http, backups))
            .RequireAuthorization(Policies.Operate);
        app.MapPost("/backups/{backupId:guid}/verify", VerifyAsync).RequireAuthorization(Policies.Operate);
    }

    /// <summary>Answers at once, with the runs that do it.</summary>
    private static async Task<IResult> VerifyAsync(Guid backupId, HttpContext http, VerifyService verifies)
    {
        var started = await verifies.StartAsync([backupId], AccountsSetup.ActorOf(http));
        return started.IsOk
            ? Results.Accepted($"/runs/{started.Value.RunIds[0]}", started.Value)
            : Results.Problem(started.Problem!.ToString(), statusCode: StatusCodes.Status404NotFound, title: started.Problem.Code);
    }

    private static async Task<IResult> SendAsync(Guid copyId, bool isMetadata, HttpContext http, BackupService backups)
    {
        var opened = await backups.OpenAsync(copyId, isMetadata, AccountsSetup.ActorOf(http), http.RequestAborted);
        if (!opened.IsOk) return Results.Problem(opened.Problem!.ToString(), statusCode: StatusCodes.Status404NotFound, title: opened.Problem.Code);
        http.Response.RegisterForDisposeAsync(opened.Value);
        return Results.Stream(opened.Value.Content, isMetadata ? "application/json" : "application/octet-stream", opened.Value.FileName);
    }
}
