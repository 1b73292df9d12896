namespace QueueService.Aws.Auth;

/// <summary>What differs between the policies of queues and of topics.</summary>
/// <param name="Service">In lower case, as in an ARN.</param>
/// <param name="MaxBytes">Of the document in UTF-8.</param>
internal sealed record PolicyRules(string Service, int MaxBytes)
{
    public const int MaxStatements = 20;

    public const int MaxPrincipals = 50;

    public const int MaxConditions = 10;

    /// <summary>Actions of one statement.</summary>
    public const int MaxActions = 7;

    public static readonly PolicyRules Sqs = new("sqs", 8_192);

    public static readonly PolicyRules Sns = new("sns", 30_720);
}
