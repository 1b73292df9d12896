using System.Collections.Concurrent;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Model;

/// <summary>What the broker handed out, copied.</summary>
internal static class Reading
{
    private static readonly ConcurrentDictionary<string, ulong> Groups = [];

    /// <summary>Reads all messages, each of which must be readable, and does not dispose them.</summary>
    public static List<Seen> ReadAll(ReceivedMessages messages)
    {
        var seen = new List<Seen>();
        for (int i = 0; i < messages.Count; i++)
        {
            if (!messages.TryRead(i, out MessageView view))
            {
                string why = messages.Damaged is null ? "absent" : "damaged";
                throw new ModelMismatchException($"message {i} of {messages.Count} could not be read: it is {why}");
            }

            seen.Add(new Seen(
                view.Id, view.SequenceNumber, Encoding.UTF8.GetString(view.Body), view.Receipt, view.State,
                view.ReceiveCount, view.SentAt, view.FirstReceivedAt, view.VisibleAt)
            {
                Group = view.HasHeaders ? view.ReadHeaders().GroupId : null,
                Priority = view.Priority,
                ExpiresAt = view.ExpiresAt,
                Origin = view.Origin,
            });
        }

        return seen;
    }

    public static string Show(IReadOnlyList<ReceiptHandle> receipts) => string.Join(
        ", ", receipts.Select(static receipt => $"{receipt.Queue}/{receipt.SequenceNumber}#{receipt.ReceiveCount}"));

    /// <summary>The lane to which such a message goes. Only numbers follow from it, so the broker is asked.</summary>
    public static int LaneOf(bool fifo, string? group, int priority) =>
        Position.Lane(priority, fifo || group is not null ? HashOf(group ?? "") : null);

    private static ulong HashOf(string group) => Groups.GetOrAdd(group, static group =>
    {
        if (group.Length == 0) return MessageFormat.NoGroupHash;
        using MessageBatch batch = MessageBatch.Rent();
        batch.Add(new MessageHeaders { GroupId = group }, []);
        return batch.Group(0)!.Value;
    });
}
