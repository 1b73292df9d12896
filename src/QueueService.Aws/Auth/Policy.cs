namespace QueueService.Aws.Auth;

/// <summary>What a policy says to a request.</summary>
internal enum Verdict
{
    /// <summary>No statement is about it.</summary>
    Silent,

    Allow,

    /// <summary>Whatever else allows it.</summary>
    Deny,
}

/// <summary>A policy document of a queue or topic. Immutable.</summary>
internal sealed record Policy(IReadOnlyList<PolicyStatement> Statements)
{
    public Verdict Judge(AccessRequest request)
    {
        Verdict verdict = Verdict.Silent;
        foreach (PolicyStatement statement in Statements)
        {
            if (!statement.IsAbout(request)) continue;
            if (statement.Effect == Verdict.Deny) return Verdict.Deny;
            verdict = Verdict.Allow;
        }

        return verdict;
    }
}

/// <summary>One statement.</summary>
/// <param name="Effect">Allow or Deny.</param>
/// <param name="Conditions">All of them must hold.</param>
internal sealed record PolicyStatement(
    Verdict Effect, PolicyPrincipals Principals, PolicyNames Actions, PolicyNames Resources,
    IReadOnlyList<PolicyCondition> Conditions)
{
    public bool IsAbout(AccessRequest request)
    {
        if (!Actions.Contain(request.Action, ignoreCase: true)) return false;
        if (!Resources.Contain(request.Resource, ignoreCase: false) || !Principals.Contain(request)) return false;
        foreach (PolicyCondition condition in Conditions)
            if (!condition.Holds(request)) return false;
        return true;
    }
}

/// <summary>The patterns of an Action or a Resource.</summary>
/// <param name="IsNegated">NotAction, NotResource: all but these.</param>
internal sealed record PolicyNames(IReadOnlyList<string> Patterns, bool IsNegated)
{
    public bool Contain(string name, bool ignoreCase)
    {
        foreach (string pattern in Patterns)
            if (Wildcard.Matches(pattern, name, ignoreCase)) return !IsNegated;
        return IsNegated;
    }
}

/// <summary>A Principal.</summary>
/// <param name="Accounts">Twelve digits; with all their users.</param>
/// <param name="Arns">Of users. Those of roles are kept and never match: there are none here.</param>
/// <param name="IsNegated">NotPrincipal: all but these.</param>
internal sealed record PolicyPrincipals(
    bool Everybody, IReadOnlyList<string> Accounts, IReadOnlyList<string> Arns, IReadOnlyList<string> Services,
    bool IsNegated)
{
    public bool Contain(AccessRequest request) => Name(request) != IsNegated;

    private bool Name(AccessRequest request)
    {
        if (Everybody) return true;
        return request.Service is { } service
            ? Services.Contains(service, StringComparer.OrdinalIgnoreCase)
            : Accounts.Contains(request.Caller.AccountId) || Arns.Contains(request.Caller.Arn);
    }
}
