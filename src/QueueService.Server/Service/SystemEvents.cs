using System.Text;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using QueueService.Server.Streams.QueueViews;

namespace QueueService.Server.Service;

/// <summary>The events of the feed as bytes: each is encoded once, for all readers.</summary>
internal static class SystemEvents
{
    /// <summary>How long a client waits before it connects again.</summary>
    public const int RetryMilliseconds = 2_000;

    public static byte[] Frame(ReadOnlySpan<byte> id, BrokerEvent change)
    {
        JsonOutput output = JsonOutput.Rent();
        output.BeginEvent(Encoding.ASCII.GetBytes(Name(change)), id);
        WriteName(output, change.Queue);
        if (change.Alarm is { } alarm)
        {
            output.Raw(",\"alarm\":"u8).Text(alarm.Alarm.Name)
                .Raw(",\"metric\":"u8).Text(AlarmsJson.Metrics[(int)alarm.Alarm.Metric])
                .Raw(",\"state\":"u8).Text(AlarmsJson.States[alarm.IsRaised ? 1 : 0])
                .Raw(",\"value\":"u8).Number(alarm.Value ?? 0);
        }

        if (change.Reason is { } reason) output.Raw(",\"reason\":"u8).Text(reason);
        output.Raw(",\"at\":"u8).Instant(change.At).Raw("}"u8).EndEvent();
        return Finish(output);
    }

    /// <summary>What every reader gets from time to time; it has no id, because nobody asks for it again.</summary>
    public static byte[] Beat(BrokerTotals? totals, bool heartbeat)
    {
        JsonOutput output = JsonOutput.Rent();
        if (heartbeat) output.Comment();
        if (totals is not null)
        {
            output.BeginEvent("stats"u8, default)
                .Raw("{\"queues\":"u8).Number(totals.Queues)
                .Raw(",\"messages\":"u8).Number(totals.Messages)
                .Raw(",\"bytes\":"u8).Number(totals.Bytes)
                .Raw(",\"leased\":"u8).Number(totals.Leased)
                .Raw(",\"waitingReceives\":"u8).Number(totals.Waiters)
                .Raw(",\"sentTotal\":"u8).Number(totals.SentTotal)
                .Raw(",\"receivedTotal\":"u8).Number(totals.ReceivedTotal)
                .Raw(",\"deletedTotal\":"u8).Number(totals.DeletedTotal)
                .Raw(",\"at\":"u8).Instant(totals.At).Raw("}"u8).EndEvent();
        }

        return Finish(output);
    }

    /// <summary>Events are missing here: read again what is shown.</summary>
    public static void WriteGap(JsonOutput output, ReadOnlySpan<byte> id) =>
        output.BeginEvent("gap"u8, id).Raw("{}"u8).EndEvent();

    public static void WriteDrain(JsonOutput output) =>
        output.BeginEvent("drain"u8, default).Raw("{}"u8).EndEvent();

    private static void WriteName(JsonOutput output, QueueName address)
    {
        switch (address.Kind)
        {
            case QueueKind.Stream:
                output.Raw("{\"stream\":"u8).Text(StreamName.At(address).Value);
                break;
            case QueueKind.QueueView:
                output.Raw("{\"stream\":"u8).Text(QueueViewJson.StreamOf(address))
                    .Raw(",\"queueView\":"u8).Text(SubscriptionName.At(address).Value);
                break;
            case QueueKind.Topic:
                output.Raw("{\"topic\":"u8).Text(TopicName.At(address).Value);
                break;
            case QueueKind.Subscription:
                SubscriptionName name = SubscriptionName.At(address);
                output.Raw("{\"topic\":"u8).Text(name.Topic.Value).Raw(",\"subscription\":"u8).Text(name.Value);
                break;
            default:
                output.Raw("{\"queue\":"u8).Text(address.Value);
                break;
        }
    }

    /// <summary>For example `topicCreated`.</summary>
    private static string Name(BrokerEvent change)
    {
        string what = change.Queue.Kind switch
        {
            QueueKind.Stream => "stream",
            QueueKind.QueueView => "queueView",
            QueueKind.Topic => "topic",
            QueueKind.Subscription => "subscription",
            _ => "queue",
        };
        return change.Kind switch
        {
            BrokerEventKind.Created => what + "Created",
            BrokerEventKind.Changed => what + "Changed",
            BrokerEventKind.Deleted => what + "Deleted",
            BrokerEventKind.SubscriptionDisabled => "subscriptionDisabled",
            _ => "alarm",
        };
    }

    private static byte[] Finish(JsonOutput output)
    {
        byte[] frame = output.Written.ToArray();
        output.Return();
        return frame;
    }
}
