using System.Diagnostics.CodeAnalysis;
using QueueService.Broker.Control;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Storage;

namespace QueueService.Broker.Shards;

/// <summary>Consumer groups: finding them, and what is written about them in the open frame.</summary>
internal sealed partial class Shard
{
    private readonly Dictionary<uint, ConsumerGroup> _groups = [];

    public IEnumerable<ConsumerGroup> Groups => _groups.Values;

    public ConsumerGroup GroupOf(uint resource) => _groups[resource];

    public ConsumerGroup? FindGroup(GroupName name) =>
        Catalog.TryFind(name.Address.Value, out uint resource) ? _groups[resource] : null;

    /// <summary>The groups of a stream, in the order of their names.</summary>
    public List<ConsumerGroup> GroupsOf(MessageQueue stream)
    {
        string prefix = GroupName.PrefixOf(Streams.StreamName.At(stream.Name));
        return [.. Catalog.List(QueueKind.ConsumerGroup, prefix, after: null).Select(GroupOf)];
    }

    public bool TryFindGroup(
        GroupName name, [NotNullWhen(true)] out ConsumerGroup? group, [NotNullWhen(true)] out MessageQueue? stream,
        out BrokerError error)
    {
        stream = FindQueue(name.Stream.Address);
        group = stream is null ? null : FindGroup(name);
        error = stream is null ? BrokerError.StreamNotFound : BrokerError.GroupNotFound;
        return group is not null;
    }

    /// <summary>Writes a change of a definition: one record for the catalog, one for the group, in one frame.</summary>
    /// <param name="stream">The resource of the stream.</param>
    /// <param name="config">Null when the group is deleted.</param>
    public ConsumerGroup Define(uint? existing, GroupName name, uint stream, GroupConfig? config)
    {
        uint resource = existing ?? Catalog.NextResource;
        (ControlRecord control, GroupRecord type) = existing is null ? (ControlRecord.QueueCreated, GroupRecord.Created)
            : config is null ? (ControlRecord.QueueDeleted, GroupRecord.Deleted)
            : (ControlRecord.QueueConfigured, GroupRecord.Configured);
        Store.BeginFrame();
        _scratch.ResetWrittenCount();
        Catalog.Write(_scratch, resource, name.Address, config: null);
        config?.Write(_scratch);
        Apply(Catalog.Resource, (byte)control, _scratch.WrittenSpan);
        _scratch.ResetWrittenCount();
        if (type == GroupRecord.Created)
        {
            _scratch.WriteText(name.Address.Value);
            _scratch.WriteVarint(stream);
        }

        config?.Write(_scratch);
        ConsumerGroup? group = _groups.GetValueOrDefault(resource);
        Apply(resource, (byte)type, _scratch.WrittenSpan);
        Store.EndFrame();
        return group ?? _groups[resource];
    }

    public void WriteJoined(ConsumerGroup group, string member, string? instanceId, long sessionMilliseconds)
    {
        _scratch.ResetWrittenCount();
        _scratch.WriteText(member);
        _scratch.WriteText(instanceId ?? "");
        _scratch.WriteVarint((ulong)sessionMilliseconds);
        Write(group, GroupRecord.Joined);
    }

    public void WriteLeft(ConsumerGroup group, string member)
    {
        _scratch.ResetWrittenCount();
        _scratch.WriteText(member);
        Write(group, GroupRecord.Left);
    }

    public void WriteReplaced(ConsumerGroup group, string oldMember, string newMember)
    {
        _scratch.ResetWrittenCount();
        _scratch.WriteText(oldMember);
        _scratch.WriteText(newMember);
        Write(group, GroupRecord.Replaced);
    }

    public void WriteAssigned(ConsumerGroup group, long generation, int partitions, List<ClaimChange> changes)
    {
        _scratch.ResetWrittenCount();
        _scratch.WriteVarint((ulong)generation);
        _scratch.WriteVarint((ulong)partitions);
        foreach (ClaimChange change in changes)
        {
            _scratch.WriteVarint((ulong)change.Partition);
            _scratch.WriteText(change.Owner ?? "");
            _scratch.WriteVarint((ulong)change.Since);
            _scratch.WriteText(change.Next ?? "");
            _scratch.WriteVarint((ulong)change.RevokedAt);
        }

        Write(group, GroupRecord.Assigned);
    }

    public void WriteCommitted(ConsumerGroup group, IEnumerable<(int Partition, long Offset)> offsets)
    {
        _scratch.ResetWrittenCount();
        foreach ((int partition, long offset) in offsets)
        {
            _scratch.WriteVarint((ulong)partition);
            _scratch.WriteVarint((ulong)offset);
        }

        Write(group, GroupRecord.Committed);
    }

    public void WriteMissed(ConsumerGroup group, IEnumerable<RecordGap> gaps)
    {
        _scratch.ResetWrittenCount();
        foreach (RecordGap gap in gaps)
        {
            _scratch.WriteVarint((ulong)gap.Partition);
            _scratch.WriteVarint((ulong)gap.From);
            _scratch.WriteVarint((ulong)gap.To);
        }

        Write(group, GroupRecord.Missed);
    }

    private void Write(ConsumerGroup group, GroupRecord type)
    {
        ReadOnlySpan<byte> payload = _scratch.WrittenSpan;
        Span<byte> bytes = Store.AddRecord(group.Resource, (byte)type, payload.Length);
        payload.CopyTo(bytes);
        group.Apply(new JournalRecord(group.Resource, (byte)type, Store.NextSequence, Now, bytes));
    }

    /// <summary>Answers false for the record of another resource.</summary>
    private bool TryApplyToGroup(in JournalRecord record)
    {
        if (record.Type < (byte)GroupRecord.Created) return false;
        if (!_groups.TryGetValue(record.Resource, out ConsumerGroup? group))
        {
            // As with queues: it was deleted before the checkpoint that this replay starts from captured it.
            if ((GroupRecord)record.Type != GroupRecord.Created) return true;
            group = AddGroup(record.Resource);
        }

        group.Apply(record);
        if (!group.IsDeleted) return true;
        _groups.Remove(group.Resource);
        _resources.Remove(group.Resource);
        return true;
    }

    private bool TryRestoreGroup(uint resource, SpanReader state)
    {
        SpanReader version = state;
        if (version.ReadVarint() != ConsumerGroup.SnapshotVersion) return false;
        AddGroup(resource).Restore(ref state);
        return true;
    }

    private ConsumerGroup AddGroup(uint resource)
    {
        var group = new ConsumerGroup(resource);
        _groups.Add(resource, group);
        _resources.Add(resource);
        return group;
    }
}
