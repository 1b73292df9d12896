namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>What is delivered was sent, as it was sent; ids and positions are given once; no request fails but for a
/// lease that has ended.</summary>
internal static class AsSent
{
    /// <summary>A lease that has ended; a keyed request whose twin is still running.</summary>
    private static readonly int[] Expected = [409, 410];

    public static IEnumerable<string> Find(History history)
    {
        Dictionary<string, SentItem> items = [];
        foreach (SentItem item in history.Sends.SelectMany(static send => send.Items)) items[item.Body] = item;
        foreach (Seen seen in history.Seen)
        {
            if (!items.TryGetValue(seen.Delivery.Body, out SentItem? item)) yield return $"invented: {seen}";
            else if (item.Group != seen.Delivery.Group || item.Priority != seen.Delivery.Priority)
                yield return $"{item} became {seen.Delivery}";
        }

        foreach (IGrouping<string, Seen> id in history.ById)
        {
            if (id.Select(static seen => seen.Delivery.Body).Distinct().Count() > 1)
                yield return $"one id for several messages: {string.Join("; ", id)}";
        }

        foreach (IGrouping<(string, long), Seen> place in history.Seen.GroupBy(
            static seen => (seen.Receive.Queue, seen.Delivery.SequenceNumber)))
        {
            if (place.Select(static seen => seen.Delivery.Id).Distinct().Count() > 1)
                yield return $"one sequence number for several messages: {string.Join("; ", place)}";
        }

        foreach (Operation operation in history.Operations)
        {
            // What is acknowledged, dead or expired cannot be cancelled any more.
            if (operation is MessageOperation { Status: 404 }) continue;
            if (operation is { IsUnknown: false, Succeeded: false } && !Expected.Contains(operation.Status))
                yield return $"refused: {operation}";
        }
    }
}
