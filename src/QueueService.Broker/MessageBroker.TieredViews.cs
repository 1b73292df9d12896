using QueueService.Broker.Queues;
using QueueService.Broker.QueueViews;

namespace QueueService.Broker;

/// <summary>Receiving from queue views whose records may be in the object store: what it does not give has not been
/// received.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Long enough to fetch what is acknowledged on receipt.</summary>
    private const long FetchingMilliseconds = 300_000;

    private async ValueTask<Result<ReceivedMessages>> ReceiveTiered(
        QueueName name, ReceiveRequest request, CancellationToken cancellation)
    {
        // What cannot be fetched must not be acknowledged.
        bool acknowledgesLater = request.AcknowledgeOnReceipt && name.Kind == QueueKind.QueueView;
        ReceiveRequest asked = acknowledgesLater
            ? request with { AcknowledgeOnReceipt = false, VisibilityMilliseconds = FetchingMilliseconds }
            : request;
        Result<ReceivedMessages> result = await SubmitReceive(name, asked, cancellation);
        if (!result.Succeeded) return result;
        ReceivedMessages messages = result.Value;
        if (!await TryFetch(messages)) return await GiveBack(messages, request);
        return acknowledgesLater && messages.Count > 0 ? await AcknowledgeFetched(name, messages) : result;
    }

    /// <summary>The leases end soon, and do not count. Repeated under the name of an attempt, the request gets the same
    /// again.</summary>
    private async ValueTask<Result<ReceivedMessages>> GiveBack(ReceivedMessages messages, ReceiveRequest request)
    {
        if (messages.LeasedFrom is { } view && request.AttemptId is null)
        {
            List<(long Position, int ReceiveCount)> leases = messages.Leases();
            await Submit((shard, command) => UnfetchedRecords.GiveBack(shard, command, view, leases));
        }

        if (messages.Acknowledged is not null)
        {
            // An error would say that nothing happened.
            messages.Clear();
            return messages;
        }

        messages.Dispose();
        return BrokerError.TierUnavailable;
    }

    private async ValueTask<Result<ReceivedMessages>> AcknowledgeFetched(QueueName name, ReceivedMessages messages)
    {
        Result<SettleOutcome> settled = await Settle(name, Settlement.Acknowledge, messages.TakeReceipts());
        if (settled.Succeeded) return messages;
        messages.Dispose();
        return settled.Error;
    }
}
