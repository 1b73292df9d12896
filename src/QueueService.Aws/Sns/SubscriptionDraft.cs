using System.Text.Json;
using QueueService.Aws.Protocol;
using QueueService.Aws.Sqs;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Broker.Topics.Filters;

namespace QueueService.Aws.Sns;

/// <summary>A subscription while its attributes are set: checked one by one, then as a whole, then made a definition.
/// </summary>
internal sealed class SubscriptionDraft(AwsHost host, FoundTopic topic, SnsSubscription known)
{
    public const string RawMessageDelivery = "RawMessageDelivery";
    public const string FilterPolicy = "FilterPolicy";
    public const string FilterPolicyScope = "FilterPolicyScope";
    public const string RedrivePolicy = "RedrivePolicy";
    public const string ReplayPolicy = "ReplayPolicy";
    public const string DeliveryPolicy = "DeliveryPolicy";
    public const string SubscriptionRoleArn = "SubscriptionRoleArn";

    private readonly Dictionary<string, string> _given = [];
    private string _filter = "";

    public SnsSubscription Known { get; private set; } = known;

    /// <summary>Takes one attribute over; answers why it is refused.</summary>
    public string? Set(string name, string value)
    {
        _given[name] = value;
        string? given = value.Length == 0 ? null : value;
        switch (name)
        {
            case RawMessageDelivery:
                if (value.ToUpperInvariant() is not ("TRUE" or "FALSE"))
                    return $"RawMessageDelivery: Invalid value [{value}]. Must be true or false.";
                Known = Known with { IsRaw = TopicAttributes.IsTrue(value) };
                return null;
            case FilterPolicyScope:
                if (value is not (KnownFilter.OfBody or KnownFilter.OfAttributes))
                {
                    return $"FilterPolicyScope: Invalid value [{value}]. " +
                        "Please use either MessageBody or MessageAttributes";
                }

                if (Known.HasOtherFilter) return "FilterPolicyScope: the filter was set over /v1, with a routing key";
                Known = Known with { FilterPolicyScope = value };
                return null;
            case FilterPolicy:
                Known = Known with { FilterPolicy = value.Trim() is "" or "{}" ? null : value, HasOtherFilter = false };
                return null;
            case RedrivePolicy:
                return SetRedrive(value.Trim() is "" or "{}" ? null : value);
            case DeliveryPolicy:
                if (!Known.IsHttp) return "DeliveryPolicy is only for http and https subscriptions";
                if (DeliveryPolicyReader.Read(value, ofTopic: false, out string? refusal) is null) return refusal;
                Known = Known with { DeliveryPolicy = given };
                return null;
            case SubscriptionRoleArn:
                Known = Known with { RoleArn = given };
                return null;
            case ReplayPolicy:
                return SetReplay(given);
            default:
                return "AttributeName";
        }
    }

    /// <summary>A subscription has all attributes that were given; those that were not do not differ.</summary>
    public bool IsWithin(SnsSubscription existing)
    {
        SubscriptionDraft same = new(host, topic, existing);
        return _given.All(one => same.Set(one.Key, one.Value) is null) && same.Known == existing;
    }

    /// <summary>What is wrong with the attributes together; null when nothing is. Of a filter that was set over `/v1`
    /// nothing is: the broker has taken it.</summary>
    public string? Check()
    {
        bool isGiven = _given.ContainsKey(FilterPolicy) || _given.ContainsKey(FilterPolicyScope);
        bool ofBody = Known.FilterPolicyScope == KnownFilter.OfBody;
        _filter = "";
        if (Known.FilterPolicy is not { } policy) return null;
        if (isGiven && FilterPolicyCheck.Refuse(policy, ofBody) is { } refused) return refused;
        string? filter =
            KnownFilter.ToBroker(policy, Known.FilterPolicyScope, out IReadOnlyList<FilterProblem> problems);
        if (filter is null) return $"FilterPolicy: {PlaceOf(problems[0])} {problems[0].Message}";
        _filter = filter;
        return null;
    }

    /// <summary>In the policy; the broker tells the place in the filter, or that all of it is wrong.</summary>
    private static string PlaceOf(FilterProblem problem)
    {
        const string Policy = "/policy";
        return problem.Pointer.StartsWith(Policy, StringComparison.Ordinal)
            ? problem.Pointer[Policy.Length..]
            : problem.Pointer;
    }

    /// <summary>The definition with these attributes; to be called after <see cref="Check"/>.</summary>
    public QueueConfig In(QueueConfig config) => Known.In(config with
    {
        // How often is tried says the delivery policy, and who gives up says it himself.
        Redrive = Known.DeadLetterQueue is not { } queue
            ? null
            : (config.Redrive ?? new RedrivePolicy("", 1)) with
            {
                DeadLetterQueue = queue, MaxReceiveCount = Broker.Queues.RedrivePolicy.MaxMaxReceiveCount,
            },
        Subscription = config.Subscription! with
        {
            Filter = Known.HasOtherFilter ? config.Subscription.Filter : _filter,
            Numbers = NumberMatching.NumbersOnly,
            Format = Known.IsRaw ? DeliveryFormat.Raw : DeliveryFormat.Envelope,
        },
    });

    private string? SetReplay(string? given)
    {
        if (!topic.IsFifo || Known.IsHttp) return "ReplayPolicy is only for queues that are subscribed to FIFO topics";
        if (given is not null && ReplayRange.Read(given, out string? refusal) is null) return refusal;
        Known = Known with { ReplayPolicy = given };
        return null;
    }

    private string? SetRedrive(string? policy)
    {
        Known = Known with { DeadLetterQueue = null };
        if (policy is null) return null;
        string? arn;
        try
        {
            using var document = JsonDocument.Parse(policy);
            arn = document.RootElement.ValueKind == JsonValueKind.Object &&
                document.RootElement.TryGetProperty("deadLetterTargetArn", out JsonElement target) &&
                target.ValueKind == JsonValueKind.String
                    ? target.GetString()
                    : null;
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            return "RedrivePolicy: failed to parse JSON.";
        }

        if (QueueAddresses.NameOf(host.Options, arn) is not { } name ||
            !QueueAddresses.TryResolve(host, name, out QueueAddress queue))
            return "RedrivePolicy: deadLetterTargetArn is an invalid arn";
        if (host.Broker.Peek(queue.Queue) is not { } config)
            return "RedrivePolicy: deadLetterTargetArn is a queue that does not exist";
        if (topic.IsFifo != (config.Type == QueueType.Fifo))
        {
            return topic.IsFifo
                ? "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO topic"
                : "RedrivePolicy: must use a standard queue as DLQ for a standard topic";
        }

        Known = Known with { DeadLetterQueue = queue.Queue.Value };
        return null;
    }
}
