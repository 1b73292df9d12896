namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>In a FIFO queue the messages of a group come in order, and none while another is leased or before one that
/// comes later.</summary>
internal static class GroupOrder
{
    public static IEnumerable<string> Find(History history)
    {
        if (!history.Setup.IsFifo) yield break;
        IEnumerable<IGrouping<string?, Seen>> groups = history.Seen
            .Where(seen => seen.Receive.Queue == history.Setup.Queue && !seen.IsRepeat)
            .GroupBy(static seen => seen.Delivery.Group);
        foreach (Seen[] group in groups.Select(static group => group.ToArray()))
        {
            foreach (Seen one in group)
            {
                foreach (Seen other in group)
                {
                    if (Judge(one, other) is { } violation) yield return violation;
                }
            }
        }
    }

    private static string? Judge(Seen one, Seen other)
    {
        if (ReferenceEquals(one.Receive, other.Receive)) return JudgeTogether(one, other);
        bool whileLeased = one.Delivery.Id != other.Delivery.Id
            && other.Receive.InvokedAt > one.Receive.AnsweredAt && other.Receive.AnsweredAt < one.HeldUntil;
        if (whileLeased) return $"{other} while another of its group was leased: {one}";

        // The later one, by a receive that did not bring the earlier one, which was still there to be received.
        bool overtakes = other.Delivery.SequenceNumber > one.Delivery.SequenceNumber
            && other.Receive.AnsweredAt < one.Receive.InvokedAt
            && !other.Receive.Deliveries.Any(delivery => delivery.SequenceNumber == one.Delivery.SequenceNumber);
        return overtakes ? $"{other} before {one}" : null;
    }

    private static string? JudgeTogether(Seen one, Seen other)
    {
        List<Delivery> answer = [.. one.Receive.Deliveries];
        return one.Delivery.SequenceNumber < other.Delivery.SequenceNumber
            && answer.IndexOf(one.Delivery) > answer.IndexOf(other.Delivery)
            ? $"out of order in one answer: {other}, {one}"
            : null;
    }
}
