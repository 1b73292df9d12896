namespace QueueService.Aws.Auth;

/// <summary>A key that requests are signed with, and who signs with it.</summary>
internal sealed record AccessKey(string Id, string Secret, Caller Caller)
{
    public static AccessKey Of(AwsAccessKey key, string owner)
    {
        string account = key.AccountId ?? owner;
        return new AccessKey(
            key.Id, key.Secret, key.User is { } name ? Caller.User(account, name) : Caller.Root(account));
    }

    /// <summary>Without the secret, which must not get into a log.</summary>
    public override string ToString() => Id;
}
