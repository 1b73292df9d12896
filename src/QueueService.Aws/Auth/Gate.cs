using QueueService.Aws.Protocol;
using QueueService.Aws.Sns;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Auth;

/// <summary>Every request passes here: first who it is from, then whether that one may do it.</summary>
internal sealed class Gate(AwsOptions options, TimeProvider time)
{
    private readonly Caller _owner = Caller.Root(options.AccountId);

    private readonly SignatureCheck _signatures = new(
        [.. options.AccessKeys.Select(key => AccessKey.Of(key, options.AccountId))], options.Region, time);

    public TimeProvider Time => time;

    /// <summary>Nobody is refused until there is a key.</summary>
    public bool IsOpen => options.AccessKeys.Count == 0;

    /// <summary>Before a request is parsed: checks its signature and notes the caller; answers why it is refused.
    /// </summary>
    /// <param name="body">As it came; empty for GET.</param>
    public AwsError? Authenticate(AwsCall call, ReadOnlySpan<byte> body)
    {
        call.Caller = _owner;
        if (IsOpen) return null;
        AccessKey? key = _signatures.Find(SignedRequest.Of(call.Http), call.Service.Name, body, out AwsError? error);
        call.Caller = key?.Caller ?? Caller.Anonymous;
        return error;
    }

    /// <summary>Before an action runs, when the request is parsed: by then <see cref="AwsCall.Queue"/> is known, if the
    /// action is about one.</summary>
    public ValueTask<AwsError?> Authorize(AwsCall call)
    {
        if (!call.Queue.IsNone) return Authorize(call, call.Queue);
        if (call.Input is ITopicRequest { ResourceArn: { } arn } topic) return Authorize(call, topic, arn);
        string all = $"arn:aws:{call.Service.Name}:{options.Region}:{options.AccountId}:*";
        return ValueTask.FromResult(Judge(AccessRequest.Of(call, all), null, PolicyRules.Of(call.Service)));
    }

    /// <summary>The links in SNS's messages are followed without a signature; each names what nobody can guess.
    /// </summary>
    private ValueTask<AwsError?> Authorize(AwsCall call, ITopicRequest request, string arn)
    {
        if (request.IsForLinks && call.Caller.IsAnonymous) return default;
        AccessRequest access = AccessRequest.Of(call, arn) with
        {
            Protocol = request.Protocol, Endpoint = request.Endpoint,
        };
        return TopicLookup.TryResolve(call.Host, arn, out QueueName topic)
            ? Authorize(call, access, topic)
            : ValueTask.FromResult(Judge(access, null, PolicyRules.Sns));
    }

    /// <summary>For an action that finds out by itself which queue it is about.</summary>
    public ValueTask<AwsError?> Authorize(AwsCall call, QueueAddress queue) => IsOpen
        ? default
        : Authorize(call, AccessRequest.Of(call, QueueAddresses.ArnOf(options, queue.Name)), queue.Queue);

    /// <summary>Asks the policy of a queue or topic. Not to be called while the gate is open.</summary>
    /// <param name="name">The broker's.</param>
    public async ValueTask<AwsError?> Authorize(AwsCall call, AccessRequest request, QueueName name)
    {
        PolicyRules rules = PolicyRules.Of(call.Service);
        if (Judge(request, call.Broker.Peek(name), rules) is null) return null;

        // A refusal is an answer, and so is made of what is committed; what is allowed waits for a commit by itself.
        Result<QueueDescription> queue = await call.Broker.GetQueue(name);
        return Judge(request, queue.Succeeded ? queue.Value.Config : null, rules);
    }

    /// <summary>A deny counts for everybody. Else the account that owns all queues and topics may do everything, and
    /// others what a policy allows.</summary>
    /// <param name="config">Null: there is no policy.</param>
    private AwsError? Judge(AccessRequest request, QueueConfig? config, PolicyRules rules)
    {
        Verdict verdict = (config is null ? null : AccessPolicies.Of(config, rules))?.Judge(request) ?? Verdict.Silent;
        if (verdict == Verdict.Deny) return Deny(request, "with an explicit deny in a resource-based policy");
        if (request.Caller.AccountId == options.AccountId) return null;
        bool isAllowed = verdict == Verdict.Allow && !rules.IsForOwner(request.Action);
        if (isAllowed) return null;
        if (request.Caller.IsAnonymous)
            return AuthErrors.MissingAuthenticationToken.With("Request is missing Authentication Token");
        return Deny(request, $"because no resource-based policy allows the {request.Action} action");
    }

    private static AwsError Deny(AccessRequest request, string reason)
    {
        ErrorKind kind = request.Action.StartsWith("SNS:", StringComparison.Ordinal)
            ? SnsErrors.AuthorizationError
            : ProtocolErrors.AccessDenied;
        return kind.With(
            $"User: {request.Caller.Arn} is not authorized to perform: {request.Action} " +
            $"on resource: {request.Resource} {reason}");
    }
}
