using System.Security.Cryptography;
using System.Text;
using QueueService.Aws.Protocol;
using static QueueService.Aws.Auth.AuthErrors;

namespace QueueService.Aws.Auth;

/// <summary>A key that requests are signed with, and who signs with it.</summary>
internal sealed record AccessKey(string Id, string Secret, Caller Caller)
{
    /// <summary>Of temporary credentials; null for lasting ones.</summary>
    public string? SessionToken { get; init; }

    /// <summary>From then on it is refused; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public static AccessKey Of(AwsAccessKey key, string owner)
    {
        string account = key.AccountId ?? owner;
        Caller caller = key.User is { } name ? Caller.User(account, name) : Caller.Root(account);
        return new AccessKey(key.Id, key.Secret, caller) { SessionToken = key.SessionToken, ExpiresAt = key.ExpiresAt };
    }

    /// <summary>Why a request may not use the key; null when it may, if its signature is right.</summary>
    /// <param name="token">The session token that came with the request; null when none did.</param>
    public AwsError? Refuse(string? token, DateTimeOffset now)
    {
        if (!IsSession(token)) return InvalidToken;
        return now < (ExpiresAt ?? DateTimeOffset.MaxValue) ? null : TokenHasEnded;
    }

    /// <summary>Without the secret, which must not get into a log.</summary>
    public override string ToString() => Id;

    private bool IsSession(string? token) => token is null || SessionToken is null
        ? token == SessionToken
        : CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(SessionToken));
}
