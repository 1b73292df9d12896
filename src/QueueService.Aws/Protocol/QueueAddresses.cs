using Microsoft.AspNetCore.Http;
using QueueService.Aws.Sqs;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Protocol;

/// <summary>URLs and ARNs of queues: both ways.</summary>
internal static class QueueAddresses
{
    /// <summary>The URL of a queue, at the host that the client called.</summary>
    public static string UrlOf(AwsCall call, string name)
    {
        HttpRequest request = call.Http.Request;
        return $"{request.Scheme}://{request.Host.Value}/{call.Options.AccountId}/{name}";
    }

    public static string ArnOf(AwsOptions options, string name) =>
        $"arn:aws:sqs:{options.Region}:{options.AccountId}:{name}";

    /// <summary>Of a queue of the broker, also of one that is gone.</summary>
    public static string ArnOf(AwsHost host, string name) => ArnOf(
        host.Options,
        QueueName.TryParse(name, out QueueName queue) && host.Broker.Peek(queue) is { } config
            ? NameFor(queue, config)
            : name);

    /// <summary>The name of the queue that an ARN names; null when it is not one of ours.</summary>
    public static string? NameOf(AwsOptions options, string? arn)
    {
        string prefix = ArnOf(options, "");
        return arn?.StartsWith(prefix, StringComparison.Ordinal) == true ? arn[prefix.Length..] : null;
    }

    /// <summary>Notes the queue of a request, whether there is one or not; answers what is wrong with its
    /// address.</summary>
    public static AwsError? Find(AwsCall call, IQueueRequest request)
    {
        // Like AWS: a parameter wins over the address, and only the path of the URL counts.
        if (request.QueueUrl is not { Length: > 0 } url)
        {
            if (call.Http.Request.RouteValues[AwsRoutes.Queue] is not string queue)
                return ProtocolErrors.Missing("QueueUrl");
            return Find(call, (string)call.Http.Request.RouteValues[AwsRoutes.Account]!, queue);
        }

        int name = url.LastIndexOf('/') + 1;
        int account = name - 1 - AwsOptions.AccountDigits;
        bool isAddress = account > 0 && url[account - 1] == '/' && name < url.Length;
        return isAddress
            ? Find(call, url[account..(name - 1)], url[name..])
            : SqsErrors.InvalidAddress.With($"The address {url} is not valid for this endpoint.");
    }

    /// <summary>What else is wrong with a request does not matter when there is no queue, unless something is missing
    /// in it. Asked only then: no request that succeeds pays for it.</summary>
    public static async ValueTask<AwsError> Explain(AwsCall call, AwsError error)
    {
        bool matters = !error.Kind.IsSender || error.Kind == ProtocolErrors.MissingParameter
            || call.Broker.Peek(call.Queue.Queue) is not null;
        if (matters) return error;
        Result<QueueDescription> queue = await call.Broker.GetQueue(call.Queue.Queue);
        return queue.Error == BrokerError.QueueNotFound ? SqsErrors.NoSuchQueue : error;
    }

    /// <summary>The broker's queue of this name: the one that has it, or a FIFO queue that has it without the suffix.
    /// </summary>
    /// <remarks>Looks at definitions that may be a moment younger than the last commit: only to choose a name. Whether
    /// there is a queue is decided by the call that follows.</remarks>
    public static bool TryResolve(AwsHost host, string name, out QueueAddress address)
    {
        address = default;
        if (!QueueName.TryParse(name, out QueueName queue)) return false;
        if (name.EndsWith(QueueAddress.FifoSuffix, StringComparison.Ordinal) && host.Broker.Peek(queue) is null
            && QueueName.TryParse(name[..^QueueAddress.FifoSuffix.Length], out QueueName stem)
            && host.Broker.Peek(stem)?.Type == QueueType.Fifo) queue = stem;
        // A FIFO queue has its suffix whatever it was called by: policies and rules go by the name.
        QueueConfig? config = host.Broker.Peek(queue);
        address = new QueueAddress(config is null ? name : NameFor(queue, config), queue);
        return true;
    }

    /// <summary>How AWS calls a queue.</summary>
    public static string NameFor(QueueName queue, QueueConfig config) =>
        config.Type == QueueType.Fifo && !queue.Value.EndsWith(QueueAddress.FifoSuffix, StringComparison.Ordinal)
            ? queue.Value + QueueAddress.FifoSuffix
            : queue.Value;

    private static AwsError? Find(AwsCall call, string account, string name)
    {
        if (account != call.Options.AccountId || !TryResolve(call.Host, name, out QueueAddress address))
            return SqsErrors.NoSuchQueue;
        call.Queue = address;
        return null;
    }
}
