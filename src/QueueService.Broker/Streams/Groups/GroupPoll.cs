using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Streams.Groups;

/// <summary>
/// One poll of a member: carried by a <see cref="ReceiveCommand"/> that stands among the readers of the stream. It
/// joins, commits and gives up when it arrives, and reads then or when there is something.
/// </summary>
/// <param name="before">The same poll, when it found that files have to be looked into first.</param>
internal sealed class GroupPoll(GroupName name, PollRequest request, GroupPoll? before)
{
    private ConsumerGroup _group = null!;
    private GroupMember _member = null!;
    private bool _isSuperseded;

    /// <summary>What it waits for; null before it looked, and when it has to look again.</summary>
    private TopicCursor? _from;

    /// <summary>Set with the answer.</summary>
    public PollAnswer Answer { get; private set; } = new();

    /// <summary>What the member may be told at once: all that it does to the group. Answers why nothing was
    /// done.</summary>
    public BrokerError Begin(Shard shard, MessageQueue stream)
    {
        if (Find(shard, stream) is var refused and not BrokerError.None) return refused;
        GroupMembership.Keep(shard, _group, stream, request.Member);
        if (Check(shard, stream) is var wrong and not BrokerError.None) return wrong;
        Change(shard, stream);
        _member = _group.Find(request.Member)!;
        _group.Renew(_member, shard.Now, works: request.Max > 0 || request.Commit is not null);
        if (request.Max == 0) return BrokerError.None;
        if (_member.Waiting is { } earlier)
        {
            earlier._isSuperseded = true;
            shard.Dispatch(stream);
        }

        _member.Waiting = this;
        return BrokerError.None;
    }

    /// <summary>Fills the answer; answers false when there is nothing to say yet.</summary>
    public bool TryAnswer(Shard shard, MessageQueue stream, ReceivedMessages records)
    {
        bool isMember = _group.Find(request.Member) == _member;
        bool isNew = !isMember || _member.ChangedAt > _member.ToldAt;
        if (isNew) _from = null;
        _from ??= Place(shard, stream, isMember);
        if (_isSuperseded || request.Max == 0)
        {
            (records.NextCursor, records.EndCursor) = (_from, TopicReading.EndOf(stream, _from));
        }
        else if (!TopicReading.TryRead(stream, _from, request.Max, records) && !isNew && Answer.Gaps.Count == 0)
        {
            return false;
        }

        if (records.HasUnknown && records.Count == 0)
        {
            // It comes again in a moment, and until then the member hears of nothing.
            if (_member.Waiting == this) _member.Waiting = null;
            return true;
        }

        Finish(shard, stream, records);
        return true;
    }

    /// <summary>The wait is over without anything.</summary>
    public void AnswerEmpty(Shard shard, MessageQueue stream, ReceivedMessages records)
    {
        _from ??= Place(shard, stream, _group.Find(request.Member) == _member);
        (records.NextCursor, records.EndCursor) = (_from, TopicReading.EndOf(stream, _from));
        Finish(shard, stream, records);
    }

    private BrokerError Find(Shard shard, MessageQueue stream)
    {
        // An error promises that nothing happened, so this one is not left to the line.
        if (request.WaitMilliseconds > 0 && shard.WaiterCount >= shard.Options.MaxWaiters)
            return BrokerError.TooManyWaiters;
        if (shard.FindGroup(name) is { } group)
        {
            _group = group;
            return BrokerError.None;
        }

        if (RemembersMore) return Refuse(new CommitOutcome(BrokerError.StaleGeneration, -1));
        Result<ConsumerGroup> created = GroupDefinitions.Create(shard, name, stream, new GroupConfig());
        if (created.Succeeded) shard.Note(Durability.Fsync, wrote: true);
        _group = created.Value;
        return created.Error;
    }

    private BrokerError Check(Shard shard, MessageQueue stream)
    {
        if (request.Generation > _group.Generation) return Refuse(new CommitOutcome(BrokerError.StaleGeneration, -1));
        if (_group.Find(request.Member) is null)
        {
            if (_group.IsFenced(request.Member)) return BrokerError.MemberFenced;
            if (RemembersMore) return Refuse(new CommitOutcome(BrokerError.StaleGeneration, -1));
            bool replaces = request.InstanceId is { } instance && _group.FindInstance(instance) is not null;
            if (!replaces && _group.Members.Count >= GroupLimits.MaxMembers) return BrokerError.TooManyMembers;
            return shard.WhyNoNewData();
        }

        if (request.InstanceId is { } id && _group.FindInstance(id) is { } other && other.Name != request.Member)
            return BrokerError.MemberFenced;
        CommitOutcome outcome = request.Commit is null ? default
            : GroupOffsets.Check(
                _group, stream, new CommitRequest(request.Member, request.Generation, request.Commit));
        bool blamesPositions = outcome.Refused == BrokerError.None && request.Positions is not null;
        if (blamesPositions) outcome = GroupOffsets.CheckEnds(stream, request.Positions!);
        return Refuse(outcome, blamesPositions);
    }

    /// <summary>It goes on with what a member knows: whoever is none has lost that.</summary>
    private bool RemembersMore => request.Commit is not null || request.Positions is not null;

    private BrokerError Refuse(CommitOutcome outcome, bool blamesPositions = false)
    {
        if (outcome.Refused != BrokerError.None)
        {
            Answer = new PollAnswer
            {
                Refused = outcome.Refused, Partition = outcome.Partition, BlamesPositions = blamesPositions,
            };
        }

        return outcome.Refused;
    }

    /// <summary>Joins, commits and gives up, in one frame.</summary>
    private void Change(Shard shard, MessageQueue stream)
    {
        GroupMember? member = _group.Find(request.Member);
        long session = request.SessionTimeoutSeconds * 1_000L ?? member?.SessionMilliseconds
            ?? (_group.Config.SessionTimeoutSeconds * 1_000L);
        string? instance = request.InstanceId ?? member?.InstanceId;
        GroupMember? former = member is null && instance is not null ? _group.FindInstance(instance) : null;
        int[] given = member is null ? [] : [.. _group.PartitionsOf(member.Name, revoked: true).Where(HasGivenUp)];
        bool joins = member is null && former is null;
        bool stores = member is null || member.SessionMilliseconds != session || member.InstanceId != instance;

        // A loop with nothing to do commits the same again and again: that is not worth a sync.
        List<(int, long)> commits = [.. (request.Commit ?? [])
            .Where(entry => _group.CommittedIn(entry.Key) != entry.Value)
            .Select(static entry => (entry.Key, entry.Value))];
        if (!stores && commits.Count == 0 && given.Length == 0) return;
        shard.Store.BeginFrame();
        if (former is not null) shard.WriteReplaced(_group, former.Name, request.Member);
        if (stores) shard.WriteJoined(_group, request.Member, instance, session);
        if (commits.Count > 0) shard.WriteCommitted(_group, commits);
        if (given.Length > 0) GroupMembership.HandOn(shard, _group, stream, given);
        if (joins) GroupMembership.Assign(shard, _group, stream);
        shard.Store.EndFrame();
        shard.Note(Durability.Fsync, wrote: true);
        if (former?.Waiting is { } earlier)
        {
            earlier._isSuperseded = true;
            shard.Dispatch(stream);
        }
    }

    /// <summary>Whoever was told and comes back for more has let go. A heartbeat may come from beside the work, so it
    /// has to name the generation.</summary>
    private bool HasGivenUp(int partition)
    {
        long revokedAt = _group.Claims[partition].RevokedAt;
        return request.Generation is { } known
            ? known >= revokedAt
            : request.Max > 0 && _group.Find(request.Member)!.ToldAt >= revokedAt;
    }

    /// <summary>Where the member reads on in each of its partitions, and what is not kept any more there.</summary>
    private TopicCursor Place(Shard shard, MessageQueue stream, bool isMember)
    {
        var places = new PartitionOffsets();
        var gaps = new List<RecordGap>();
        foreach (int partition in isMember ? _group.PartitionsOf(request.Member, revoked: false) : [])
        {
            PartitionClaim claim = _group.Claims[partition];
            long offset = claim.Committed;
            if (claim.Since <= request.Generation
                && request.Positions?.TryGetValue(partition, out long position) == true)
                offset = position;
            long floor = Position.OffsetOf(stream.FindLane(partition)!.Floor);
            if (offset < floor) gaps.Add(new RecordGap(partition, offset, floor));
            places[partition] = Math.Max(offset, floor);
        }

        if (gaps.Count > 0 && request.Max > 0 && !_isSuperseded)
        {
            Answer.Gaps = gaps;
            if (before?.Answer.Gaps.SequenceEqual(gaps) == true) return TopicCursor.Select(places);
            shard.Store.BeginFrame();
            shard.WriteMissed(_group, gaps);
            shard.Store.EndFrame();
            shard.Note(Durability.Fsync, wrote: true);
        }

        return TopicCursor.Select(places);
    }

    private void Finish(Shard shard, MessageQueue stream, ReceivedMessages records)
    {
        PollAnswer answer = Answer;
        answer.Records = records;
        answer.Generation = _group.Generation;
        foreach ((int partition, long next) in records.NextCursor!.Places)
        {
            answer.NextOffsets[partition] = next;
            answer.Lag += stream.FindLane(partition)!.CountFrom(Position.First(partition) + next);
        }

        answer.Assignment = [.. answer.NextOffsets.Keys];
        if (_group.Find(request.Member) != _member) return;
        answer.Revoked = [.. _group.PartitionsOf(request.Member, revoked: true)];
        if (!_isSuperseded) _member.ToldAt = _group.Generation;
        if (request.AutoCommit) CommitAnswered(shard, answer);
        if (_member.Waiting != this) return;
        _member.Waiting = null;
        _group.Renew(_member, shard.Now, works: true);
    }

    private void CommitAnswered(Shard shard, PollAnswer answer)
    {
        List<(int, long)> read = [.. answer.NextOffsets.Where(entry => _from!.OffsetIn(entry.Key) != entry.Value)
            .Select(static entry => (entry.Key, entry.Value))];
        if (read.Count == 0) return;
        shard.Store.BeginFrame();
        shard.WriteCommitted(_group, read);
        shard.Store.EndFrame();
        shard.Note(Durability.Fsync, wrote: true);
    }
}
