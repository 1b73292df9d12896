namespace QueueService.Aws;

/// <summary>The section `Aws` of the settings.</summary>
public sealed record AwsOptions
{
    public const int AccountDigits = 12;

    /// <summary>Whether a text is the id of an account.</summary>
    public static bool IsAccount(string? text) => text?.Length == AccountDigits && text.All(char.IsAsciiDigit);

    /// <summary>Owns all queues and topics; in their ARNs and in the URLs of queues. 12 digits.</summary>
    public string AccountId { get; init; } = "000000000000";

    /// <summary>In ARNs, and what signatures must name. Clients without a setting use this one.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>A name of a queue that was deleted cannot be used again for 60 s, and a queue is purged once in 60 s,
    /// as in AWS; off by default, because nothing here needs the time.</summary>
    public bool StrictTimers { get; init; }

    /// <summary>Who may call. Empty: everybody may, with any signature or none.</summary>
    public IReadOnlyList<AwsAccessKey> AccessKeys { get; init; } = [];
}

/// <summary>Credentials that clients sign with.</summary>
/// <param name="Id">1 to 128 of A-Z a-z 0-9 _ -.</param>
/// <param name="Secret">1 to 128 characters.</param>
public sealed record AwsAccessKey(string Id, string Secret)
{
    /// <summary>Null: the account that owns the queues. A caller of another one needs a policy that lets it
    /// in.</summary>
    public string? AccountId { get; init; }

    /// <summary>The name of an IAM user; null: the account itself.</summary>
    public string? User { get; init; }

    /// <summary>Of temporary credentials: 1 to 4,096 characters that requests have to name as well. Null: none may.
    /// </summary>
    public string? SessionToken { get; init; }

    /// <summary>When temporary credentials end; null: with the process.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Without the secrets, which must not get into a log.</summary>
    public override string ToString() => $"{nameof(AwsAccessKey)} {Id}";
}
