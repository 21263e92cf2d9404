using Xunit;

namespace Vault.Server.Tests.Trials;

/// <summary>They fill the machine: one after another, and after everything else.</summary>
[CollectionDefinition(nameof(TrialCollection), DisableParallelization = true)]
public sealed class TrialCollection;
