namespace QueueService.Aws.Auth;

/// <summary>Who calls.</summary>
/// <param name="AccountId">12 digits.</param>
/// <param name="UserId">What messages say as their SenderId: the account, or a user's name.</param>
/// <param name="Arn">The principal, as policies name it.</param>
internal sealed record Caller(string AccountId, string UserId, string Arn)
{
    /// <summary>The root of an account.</summary>
    public static Caller Root(string accountId) => new(accountId, accountId, $"arn:aws:iam::{accountId}:root");
}
