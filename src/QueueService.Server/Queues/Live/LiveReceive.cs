using QueueService.Broker;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Queues.Live;

/// <summary>The receiving side of a live stream: what it was handed out is held in its name, and given back when it
/// ends, however it ends.</summary>
internal sealed class LiveReceive(BrokerHost host, QueueName queue, LeaseHolder holder) : IAsyncDisposable
{
    /// <summary>A waiting receive is repeated before the broker's limit of a wait.</summary>
    private const int WaitMilliseconds = 30_000;

    public BrokerHost Host => host;

    /// <summary>Milliseconds; null takes the queue's default.</summary>
    public long? Visibility { get; init; }

    /// <summary>Waits for messages, and for room for them, or for the token; then the answer is empty.</summary>
    public ValueTask<Result<ReceivedMessages>> Wait(int max, CancellationToken cancellation) =>
        host.Broker.Receive(queue, Request(max) with { WaitMilliseconds = WaitMilliseconds }, cancellation);

    /// <summary>Takes what is there, in the commit that acknowledges.</summary>
    public ValueTask<Result<ReceivedMessages>> Take(int max, IReadOnlyList<ReceiptHandle> acknowledge) =>
        host.Broker.Receive(queue, Request(max) with { Acknowledge = acknowledge }, CancellationToken.None);

    public ValueTask<Result<SettleOutcome>> Settle(
        Settlement settlement, IReadOnlyList<ReceiptHandle> receipts, long? milliseconds = null) =>
        host.Broker.Settle(queue, settlement, receipts, milliseconds);

    /// <summary>Sends messages, each written by the given function; answers false when nobody reads any more.</summary>
    public async ValueTask<bool> Send(
        LiveResponse response, JsonOutput output, ReceivedMessages messages, MessageWriter write)
    {
        for (int i = 0; i < messages.Count; i++)
        {
            Write(output, messages, i, write);
            if (output.Length >= Limits.ResponseChunk && !await response.Write(output)) return false;
        }

        await host.ReportDamage(messages);
        return output.Length == 0 || await response.Write(output);
    }

    /// <summary>The timeout remains as the second way back when the broker cannot do it.</summary>
    public async ValueTask DisposeAsync() => await host.Broker.Release(holder);

    private static void Write(JsonOutput output, ReceivedMessages messages, int index, MessageWriter write)
    {
        if (messages.TryRead(index, out MessageView message)) write(output, in message);
    }

    private ReceiveRequest Request(int max) => new()
    {
        Max = Math.Min(max, ReceiveRequest.MaxMessages),
        WaitMilliseconds = 0,
        VisibilityMilliseconds = Visibility,
        Holder = holder,
    };
}

/// <summary>Writes one message in the form of a stream.</summary>
internal delegate void MessageWriter(JsonOutput output, in MessageView message);
