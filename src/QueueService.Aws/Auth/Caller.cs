namespace QueueService.Aws.Auth;

/// <summary>Who calls.</summary>
/// <param name="AccountId">12 digits, or a word that no account has.</param>
/// <param name="UserId">What messages say as their SenderId: the account, or a user's name.</param>
/// <param name="Arn">The principal, as policies name it.</param>
internal sealed record Caller(string AccountId, string UserId, string Arn)
{
    /// <summary>Who sent no signature: let in only where a policy is for everybody.</summary>
    public static readonly Caller Anonymous = new("anonymous", "anonymous", "");

    /// <summary>Null for the account itself.</summary>
    public string? UserName { get; private init; }

    public bool IsAnonymous => ReferenceEquals(this, Anonymous);

    /// <summary>The root of an account.</summary>
    public static Caller Root(string accountId) => new(accountId, accountId, RootArn(accountId));

    public static Caller User(string accountId, string name) =>
        new(accountId, name, $"arn:aws:iam::{accountId}:user/{name}") { UserName = name };

    /// <summary>What an account is as a principal of a policy.</summary>
    public static string RootArn(string accountId) => $"arn:aws:iam::{accountId}:root";
}
