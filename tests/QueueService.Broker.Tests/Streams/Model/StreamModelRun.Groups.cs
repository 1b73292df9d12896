using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;

namespace QueueService.Broker.Tests.Streams.Model;

/// <summary>Consumer groups whose members come and go. What is answered is committed with the answer, so a group gets
/// each record at most once, and passes over none that is there.</summary>
internal sealed partial class StreamModelRun
{
    private static readonly GroupName[] Groups = [GroupNamed("a"), GroupNamed("b")];

    private readonly Dictionary<(GroupName Group, int Partition), long> _committed = [];

    private readonly HashSet<GroupName> _joined = [];

    private static GroupName GroupNamed(string name) =>
        GroupName.TryParse(StreamFixture.Stream, name, out GroupName group) ? group : throw new ArgumentException(name);

    private void Poll()
    {
        GroupName group = Groups[_random.Next(Groups.Length)];
        string member = $"m{_random.Next(3)}";
        var request = new PollRequest(member, 1 + _random.Next(50)) { AutoCommit = true };
        Trace.Add($"poll {group.Value} {member}");
        _fixture.Harness.Run(() => Broker.PutGroup(
            group, new GroupConfig { AutoOffsetReset = OffsetReset.Earliest }, Precondition.None));
        if (_joined.Add(group))
        {
            // Where a group begins is written down when its first member joins.
            foreach (PartitionState state in _fixture.Partitions())
                _committed.TryAdd((group, state.Partition), state.EarliestOffset);
        }

        Result<PollAnswer> result = _fixture.Harness.Run(() => Broker.Poll(group, request, CancellationToken.None));
        Assert.Equal(BrokerError.None, result.Error);
        using PollAnswer answer = result.Value;
        Assert.Equal(BrokerError.None, answer.Refused);
        Assert.All(answer.Assignment, partition => Assert.True(partition < _stream.Partitions));
        Trace.Add($"  {string.Join(' ', answer.NextOffsets)} gaps {string.Join(' ', answer.Gaps)}");
        foreach (int partition in answer.Assignment)
        {
            long from = _committed.GetValueOrDefault((group, partition));
            long first = answer.Gaps.Where(gap => gap.Partition == partition).Select(static gap => gap.To)
                .DefaultIfEmpty(from).Single();
            Assert.True(answer.NextOffsets[partition] >= from, "a group goes back");
            Check(partition, (from, first, answer.NextOffsets[partition]), answer.Records!);
            _committed[(group, partition)] = answer.NextOffsets[partition];
        }

        for (int i = 0; i < answer.Records!.Count; i++)
        {
            Assert.True(answer.Records.TryRead(i, out MessageView record));
            Assert.Contains(record.Partition, answer.Assignment);
        }
    }

    private void Leave()
    {
        GroupName group = Groups[_random.Next(Groups.Length)];
        string member = $"m{_random.Next(3)}";
        Trace.Add($"leave {group.Value} {member}");
        _fixture.Harness.Run(() => Broker.LeaveGroup(group, member));
    }

    private void Reset()
    {
        GroupName group = Groups[_random.Next(Groups.Length)];
        int partition = _random.Next(_stream.Partitions);
        long offset = _random.Next(_stream[partition].Count + 1);
        Trace.Add($"reset {group.Value} {partition} to {offset}");
        var request = new ResetRequest(new OffsetTarget(offset, null, 0), [partition], DryRun: false);
        Result<ResetOutcome> result = _fixture.Harness.Run(() => Broker.ResetOffsets(group, request));
        if (!result.Succeeded)
        {
            Assert.True(result.Error is BrokerError.GroupHasMembers or BrokerError.GroupNotFound, $"{result.Error}");
            return;
        }

        OffsetMove move = Assert.Single(result.Value.Moves);
        Assert.Equal(Math.Max(offset, _fixture.Partitions()[partition].EarliestOffset), move.To);
        _committed[(group, partition)] = move.To;
    }

    /// <summary>The lag is what lies between what was committed, or the beginning, and the end.</summary>
    private void Describe()
    {
        GroupName group = Groups[_random.Next(Groups.Length)];
        Result<GroupDescription> result = _fixture.Harness.Run(() => Broker.GetGroup(group));
        if (!result.Succeeded) return;
        IReadOnlyList<PartitionState> states = _fixture.Partitions();
        Trace.Add($"describe {group.Value}");
        foreach (GroupPartition partition in result.Value.Partitions)
        {
            if (partition.Committed is not { } committed) continue;
            if (_committed.TryGetValue((group, partition.Partition), out long known)) Assert.Equal(known, committed);
            long earliest = states[partition.Partition].EarliestOffset;
            Assert.Equal(states[partition.Partition].EndOffset - Math.Max(committed, earliest), partition.Lag);
        }
    }
}
