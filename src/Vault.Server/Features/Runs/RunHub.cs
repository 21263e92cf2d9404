using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace Vault.Server.Features.Runs;

/// <summary>Lets programs watch runs: <c>stream("Follow", runId, fromSeq)</c> yields lines, progress and states until the run has finished.</summary>
[Authorize]
internal sealed class RunHub(RunFeed feed) : Hub
{
    public IAsyncEnumerable<RunUpdate> Follow(Guid runId, long fromSeq, CancellationToken cancel) =>
        feed.FollowAsync(runId, fromSeq, cancel);
}
