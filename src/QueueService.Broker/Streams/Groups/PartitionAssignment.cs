namespace QueueService.Broker.Streams.Groups;

/// <summary>Who is to have which partition. Every member gets as many as any other, or one more.</summary>
internal static class PartitionAssignment
{
    /// <summary>The owner that each partition is to have; null for all when there are no members.</summary>
    public static string?[] Compute(ConsumerGroup group, int partitions) =>
        group.Members.Count == 0 ? new string?[partitions]
        : group.Config.Assignor == GroupAssignor.Range ? Range(group, partitions)
        : Sticky(group, partitions);

    private static string?[] Range(ConsumerGroup group, int partitions)
    {
        var owners = new string?[partitions];
        (int each, int more) = Math.DivRem(partitions, group.Members.Count);
        int next = 0;
        foreach (GroupMember member in group.Members)
        {
            int count = more-- > 0 ? each + 1 : each;
            owners.AsSpan(next, count).Fill(member.Name);
            next += count;
        }

        return owners;
    }

    /// <summary>Takes from each member only what it has more than its share, and from those that have most the least:
    /// when one joins n - 1 others, at most a n-th of the partitions moves.</summary>
    private static string?[] Sticky(ConsumerGroup group, int partitions)
    {
        var owners = new string?[partitions];
        var held = group.Members.ToDictionary(
            static member => member.Name, static _ => new List<int>(), StringComparer.Ordinal);
        for (int partition = 0; partition < Math.Min(partitions, group.Claims.Count); partition++)
        {
            // What is on its way arrives: turning back would not be cheaper.
            PartitionClaim claim = group.Claims[partition];
            if ((claim.Next ?? claim.Owner) is { } holder) held[holder].Add(partition);
        }

        (int each, int more) = Math.DivRem(partitions, held.Count);
        var shares = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string member, List<int> some) in held.OrderByDescending(static entry => entry.Value.Count)
            .ThenBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            int share = more-- > 0 ? each + 1 : each;
            var kept = some.OrderBy(partition => group.Claims[partition].Owner == member ? 0 : 1).Take(share);
            foreach (int partition in kept) owners[partition] = member;
            shares[member] = share - Math.Min(share, some.Count);
        }

        Fill(group, owners, shares);
        return owners;
    }

    /// <summary>Gives what is left to those who have room.</summary>
    private static void Fill(ConsumerGroup group, string?[] owners, Dictionary<string, int> room)
    {
        // One that has not been given up yet stays where it is, if it can.
        for (int partition = 0; partition < Math.Min(owners.Length, group.Claims.Count); partition++)
        {
            if (owners[partition] is not null || group.Claims[partition].Owner is not { } owner) continue;
            if (room[owner] == 0) continue;
            owners[partition] = owner;
            room[owner]--;
        }

        var needy = new Queue<string>(room.Where(static entry => entry.Value > 0)
            .OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry => entry.Key));
        for (int partition = 0; partition < owners.Length; partition++)
        {
            if (owners[partition] is not null) continue;
            string member = needy.Dequeue();
            owners[partition] = member;
            if (--room[member] > 0) needy.Enqueue(member);
        }
    }
}
