using Shouldly;
using Vault.Core;

namespace Vault.Server.Tests;

internal static class ProblemAssertions
{
    /// <summary>There is no problem; if there is one, its words are the failure.</summary>
    public static void ShouldBeNullProblem(this Problem? problem) => problem?.ToString().ShouldBeNull();

    public static void ShouldBeProblem(this Problem? problem, string code) => problem.ShouldNotBeNull().Code.ShouldBe(code, problem.ToString());
}
