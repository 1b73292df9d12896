namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>The same deduplication id, the same idempotency key: one message, and every answer names it. Histories are
/// far shorter than both windows.</summary>
internal static class StoredOnce
{
    public static IEnumerable<string> Find(History history)
    {
        ILookup<string, string> idsOfBody = history.Sends.Where(static send => send.Succeeded)
            .SelectMany(static send => send.Items.Select(static item => (item.Body, item.Id)))
            .Concat(history.Seen.Select(static seen => (seen.Delivery.Body, seen.Delivery.Id)))
            .Distinct().ToLookup(static pair => pair.Body, static pair => pair.Id);

        IEnumerable<IGrouping<string, SendOperation>> keyed = history.Sends
            .Where(static send => send.Key is not null).GroupBy(static send => send.Key!);
        foreach (IGrouping<string, SendOperation> key in keyed)
        {
            for (int i = 0; i < key.First().Items.Count; i++)
            {
                if (Several(key.Select(send => send.Items[i]), idsOfBody) is { } ids)
                    yield return $"key {key.Key} stored {key.First().Items[i].Body} as {ids}";
            }
        }

        foreach (IGrouping<string, SentItem> same in history.Sends.SelectMany(static send => send.Items)
            .Where(static item => item.DeduplicationId is not null)
            .GroupBy(item => history.Setup.DeduplicationKey(item)!))
        {
            if (Several(same, idsOfBody) is { } ids)
                yield return $"deduplication id {same.Key} is stored as {ids}";
        }

        foreach (IGrouping<string, SentItem> id in history.Sends.Where(static send => send.Succeeded)
            .SelectMany(static send => send.Items).GroupBy(static item => item.Id))
        {
            string[] bodies = [.. id.Select(static item => item.Body).Distinct()];
            bool same = id.Select(history.Setup.DeduplicationKey).Distinct().Count() == 1;
            if (bodies.Length > 1 && (!same || id.First().DeduplicationId is null))
                yield return $"{string.Join(", ", bodies)} are all stored as {id.Key}";
        }

        foreach (IGrouping<string, string> body in idsOfBody.Where(static body => body.Count() > 1))
            yield return $"{body.Key} is stored as {string.Join(", ", body)}";
    }

    private static string? Several(IEnumerable<SentItem> items, ILookup<string, string> idsOfBody)
    {
        string[] ids = [.. items.SelectMany(item => idsOfBody[item.Body]).Distinct()];
        return ids.Length > 1 ? string.Join(", ", ids) : null;
    }
}
