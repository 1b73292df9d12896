namespace QueueService.Broker.Streams.Groups;

/// <summary>What each record does.</summary>
internal sealed partial class ConsumerGroup
{
    private void ApplyConfig(ref SpanReader input, long time)
    {
        Config = GroupConfig.Read(ref input);
        Version++;
        UpdatedAt = time;

        // Its sessions may end earlier than before.
        _nextDeadline = 0;
    }

    private void ApplyJoined(ref SpanReader input, long time)
    {
        string name = input.ReadText();
        if (!_members.TryGetValue(name, out GroupMember? member))
            _members.Add(name, member = new GroupMember(name) { JoinedAt = time });
        member.InstanceId = SomebodyOrNull(input.ReadText());
        member.SessionMilliseconds = (long)input.ReadVarint();
        _nextDeadline = 0;
    }

    private void ApplyLeft(string name)
    {
        _members.Remove(name);
        foreach (PartitionClaim claim in _claims)
        {
            if (claim.Owner == name) claim.Owner = null;
            if (claim.Next == name) claim.Next = null;
        }
    }

    private void ApplyReplaced(string oldName, string newName)
    {
        GroupMember old = _members[oldName];
        _members.Remove(oldName);
        _members.Add(newName, new GroupMember(newName)
        {
            InstanceId = old.InstanceId,
            FormerName = oldName,
            SessionMilliseconds = old.SessionMilliseconds,
            JoinedAt = old.JoinedAt,
            ChangedAt = Generation,
        });
        foreach (PartitionClaim claim in _claims)
        {
            if (claim.Owner == oldName) claim.Owner = newName;
            if (claim.Next == oldName) claim.Next = newName;
        }

        _nextDeadline = 0;
    }

    private void ApplyAssigned(ref SpanReader input)
    {
        Generation = (long)input.ReadVarint();
        Know((int)input.ReadVarint());
        while (!input.IsEmpty)
        {
            PartitionClaim claim = _claims[(int)input.ReadVarint()];
            NoteChange(claim.Owner);
            claim.Owner = SomebodyOrNull(input.ReadText());
            claim.Since = (long)input.ReadVarint();
            claim.Next = SomebodyOrNull(input.ReadText());
            claim.RevokedAt = (long)input.ReadVarint();
            NoteChange(claim.Owner);
        }
    }

    private void ApplyCommitted(ref SpanReader input, long time)
    {
        while (!input.IsEmpty)
        {
            int partition = (int)input.ReadVarint();
            Know(partition + 1);
            PartitionClaim claim = _claims[partition];
            long before = claim.Committed;
            claim.Committed = (long)input.ReadVarint();
            if (before >= 0 && claim.Committed > before) claim.Rate.Add(claim.Committed - before, time);
        }
    }

    private void ApplyMissed(ref SpanReader input)
    {
        while (!input.IsEmpty)
        {
            int partition = (int)input.ReadVarint();
            Know(partition + 1);
            long from = (long)input.ReadVarint();
            long to = (long)input.ReadVarint();
            _claims[partition].MissedTotal += to - from;
            _claims[partition].Committed = to;
        }
    }

    private void Know(int partitions)
    {
        while (_claims.Count < partitions) _claims.Add(new PartitionClaim());
    }

    private void NoteChange(string? name)
    {
        if (name is not null && Find(name) is { } member) member.ChangedAt = Generation;
    }

    private static string? SomebodyOrNull(string name) => name.Length == 0 ? null : name;
}
