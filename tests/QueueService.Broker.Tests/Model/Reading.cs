using System.Text;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Model;

/// <summary>What the broker handed out, copied.</summary>
internal static class Reading
{
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
                view.Id, Encoding.UTF8.GetString(view.Body), view.Receipt, view.State, view.ReceiveCount, view.SentAt,
                view.FirstReceivedAt, view.VisibleAt));
        }

        return seen;
    }

    public static string Show(IReadOnlyList<ReceiptHandle> receipts) => string.Join(
        ", ", receipts.Select(static receipt => $"{receipt.Queue}/{receipt.SequenceNumber}#{receipt.ReceiveCount}"));
}
