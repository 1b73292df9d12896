using System.Collections.Frozen;
using QueueService.Aws.Protocol;

namespace QueueService.Aws.Auth;

/// <summary>What differs between the policies of queues and of topics.</summary>
/// <param name="Service">In lower case, as in an ARN.</param>
/// <param name="MaxBytes">Of the document in UTF-8.</param>
/// <param name="OfOwner">Actions that a policy cannot give to another account.</param>
internal sealed record PolicyRules(string Service, int MaxBytes, FrozenSet<string> OfOwner)
{
    public const int MaxStatements = 20;

    public const int MaxPrincipals = 50;

    public const int MaxConditions = 10;

    /// <summary>Actions of one statement, in SQS.</summary>
    public const int MaxActions = 7;

    /// <summary>Actions of one statement of this service: SNS names no limit, and its default policy has eight.
    /// </summary>
    public int ActionsOfStatement => ReferenceEquals(this, Sqs) ? MaxActions : MaxStatements;

    public static readonly PolicyRules Sqs = new("sqs", 8_192, Names(
        "AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks", "ListQueues",
        "ListQueueTags", "RemovePermission", "SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue"));

    public static readonly PolicyRules Sns = new("sns", 30_720, Names("CreateTopic", "ListTopics"));

    public static PolicyRules Of(AwsService service) => service.Name == Sns.Service ? Sns : Sqs;

    /// <param name="action">With its service.</param>
    public bool IsForOwner(string action) => OfOwner.Contains(action[(Service.Length + 1)..]);

    private static FrozenSet<string> Names(params string[] names) =>
        names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
