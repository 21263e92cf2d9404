using Quartz;

namespace Vault.Server.Features.Backups;

/// <summary>What Quartz calls when it is time to verify: it only queues, so that each copy is a run of its own.</summary>
internal sealed class ScheduledVerify(VerifyService verifies, VerificationService verification, ILogger<ScheduledVerify> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            await verifies.StartOldestAsync(await verification.GetAsync());
        }
        catch (Exception failure)
        {
            // A broken vault database; Quartz must go on.
            log.LogError(failure, "The scheduled verifies could not be queued");
        }
    }
}
