using System.Buffers;

namespace QueueService.Broker.Streams.Groups;

/// <summary>The folded state as bytes: the same bytes for the same state.</summary>
internal sealed partial class ConsumerGroup
{
    /// <summary>Tells the snapshot of a group from that of a queue, which begins with a small number.</summary>
    public const ulong SnapshotVersion = 1_001;

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint(SnapshotVersion);
        output.WriteText(Name.Address.Value);
        output.WriteVarint(Stream);
        Config.Write(output);
        foreach (long value in (ReadOnlySpan<long>)[Version, CreatedAt, UpdatedAt, Generation])
            output.WriteVarint((ulong)value);
        output.WriteVarint((ulong)_members.Count);
        foreach (GroupMember member in _members.Values)
        {
            output.WriteText(member.Name);
            output.WriteText(member.InstanceId ?? "");
            output.WriteText(member.FormerName ?? "");
            output.WriteVarint((ulong)member.SessionMilliseconds);
            output.WriteVarint((ulong)member.JoinedAt);
        }

        output.WriteVarint((ulong)_claims.Count);
        foreach (PartitionClaim claim in _claims)
        {
            output.WriteText(claim.Owner ?? "");
            output.WriteVarint((ulong)claim.Since);
            output.WriteText(claim.Next ?? "");
            output.WriteVarint((ulong)claim.RevokedAt);
            output.WriteVarint((ulong)(claim.Committed + 1));
            output.WriteVarint((ulong)claim.MissedTotal);
        }
    }

    public void Restore(ref SpanReader input)
    {
        input.ReadVarint();
        Name = GroupName.At(input.ReadText());
        Stream = (uint)input.ReadVarint();
        Config = GroupConfig.Read(ref input);
        Version = (long)input.ReadVarint();
        CreatedAt = (long)input.ReadVarint();
        UpdatedAt = (long)input.ReadVarint();
        Generation = (long)input.ReadVarint();
        for (ulong members = input.ReadVarint(); members > 0; members--)
        {
            string name = input.ReadText();
            _members.Add(name, new GroupMember(name)
            {
                InstanceId = SomebodyOrNull(input.ReadText()),
                FormerName = SomebodyOrNull(input.ReadText()),
                SessionMilliseconds = (long)input.ReadVarint(),
                JoinedAt = (long)input.ReadVarint(),
                ChangedAt = Generation,
            });
        }

        for (ulong claims = input.ReadVarint(); claims > 0; claims--)
        {
            _claims.Add(new PartitionClaim
            {
                Owner = SomebodyOrNull(input.ReadText()),
                Since = (long)input.ReadVarint(),
                Next = SomebodyOrNull(input.ReadText()),
                RevokedAt = (long)input.ReadVarint(),
                Committed = (long)input.ReadVarint() - 1,
                MissedTotal = (long)input.ReadVarint(),
            });
        }
    }
}
