namespace Vault.Core;

/// <summary>An expected failure: what happened and what it means (<paramref name="Message"/>), and what to do next. Never holds a secret.</summary>
/// <param name="Code">Stable kebab-case word for programs and tests, such as <c>wrong-key</c>.</param>
/// <param name="Message">One sentence: what is wrong and its effect.</param>
/// <param name="Next">One sentence: what the person does now.</param>
public sealed record Problem(string Code, string Message, string Next)
{
    public override string ToString() => $"{Message} {Next}";
}

/// <summary>Carries a <see cref="Problem"/> through layers that cannot handle it; a run ends with the first one.</summary>
public sealed class ProblemException(Problem problem, Exception? inner = null) : Exception(problem.ToString(), inner)
{
    public ProblemException(string code, string message, string next, Exception? inner = null)
        : this(new Problem(code, message, next), inner) { }

    public Problem Problem { get; } = problem;
}

/// <summary>A value, or the reason why there is none.</summary>
public readonly record struct Result<T>
{
    private readonly T? value;

    private Result(T? value, Problem? problem) => (this.value, Problem) = (value, problem);

    public Problem? Problem { get; }

    public bool IsOk => Problem is null;

    /// <exception cref="ProblemException">There is no value.</exception>
    public T Value => Problem is null ? value! : throw new ProblemException(Problem);

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Problem problem) => new(default, problem);
}
