using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;

namespace QueueService.Broker;

/// <summary>
/// Consumer groups of streams. Any call of a group may also answer StreamNotFound and, unless said otherwise,
/// GroupNotFound. What a group is told is always synced, whatever the level of its stream.
/// </summary>
public sealed partial class MessageBroker
{
    /// <summary>Creates a group, or replaces its settings.</summary>
    public async ValueTask<Result<GroupChange>> PutGroup(GroupName name, GroupConfig config, Precondition precondition)
    {
        Result<GroupChange> change = await Submit<GroupChange>((shard, command) =>
            GroupDefinitions.Put(shard, command, name, (config, precondition)));
        return change.Succeeded ? change.Value with { Group = ReadFromDisk(change.Value.Group) } : change;
    }

    /// <summary>Answers GroupHasMembers while there are some.</summary>
    public ValueTask<BrokerError> DeleteGroup(GroupName name, Precondition precondition) =>
        Submit((shard, command) => GroupDefinitions.Delete(shard, command, name, precondition));

    /// <summary>A group with its members, who owns which partition, and how far each is behind.</summary>
    public async ValueTask<Result<GroupDescription>> GetGroup(GroupName name)
    {
        Result<GroupDescription> group = await Submit<GroupDescription>((shard, command) =>
            GroupDefinitions.Get(shard, command, name));
        return group.Succeeded ? ReadFromDisk(group.Value) : group;
    }

    /// <summary>A page of the groups of a stream whose names start so. The age of what they have not read is not looked
    /// up on disk.</summary>
    public ValueTask<Result<GroupPage>> ListGroups(StreamName stream, string prefix, string? after, int limit) =>
        Query<GroupPage>(shard => GroupDefinitions.List(shard, stream, (prefix, after, limit)));

    /// <summary>
    /// Joins the group by its first call, which also creates a group that does not exist, commits what is to be, and
    /// answers the next records of the partitions that the member owns, waiting for the first one or for a change of
    /// what it owns. May be refused (see <see cref="PollAnswer.Refused"/>) as a commit is.
    /// </summary>
    /// <returns>Also MemberFenced, TooManyMembers, TooManyGroups, TooManyWaiters.</returns>
    public async ValueTask<Result<PollAnswer>> Poll(GroupName name, PollRequest request, CancellationToken cancellation)
    {
        // What cannot be fetched must not be committed.
        bool commitsLater = request.AutoCommit && _shard.Store.Tier is not null;
        PollRequest asked = commitsLater ? request with { AutoCommit = false } : request;
        var poll = new GroupPoll(name, asked, before: null);
        var receive = new ReceiveRequest
        {
            Max = request.Max, WaitMilliseconds = request.WaitMilliseconds, IsInternal = true, Poll = poll,
        };
        Result<ReceivedMessages> result = await Receive(name.Stream.Address, receive, cancellation);
        while (result.Succeeded && result.Value.Learn())
        {
            // The member was told nothing yet, and what it committed is committed.
            result.Value.Dispose();
            poll = new GroupPoll(name, asked with { Commit = null }, poll);
            result = await Receive(name.Stream.Address, receive with { Poll = poll }, cancellation);
        }

        if (!result.Succeeded && poll.Answer.Refused == BrokerError.None) return result.Error;
        return result.Succeeded && commitsLater && result.Value.Count > 0
            ? await CommitAnswered(name, request, poll.Answer)
            : poll.Answer;
    }

    /// <summary>Says how far partitions are processed: all of them or none.</summary>
    public ValueTask<Result<CommitOutcome>> Commit(
        GroupName name, CommitRequest request, IdempotencyToken? token = null) =>
        Submit<CommitOutcome>(token, GroupOffsets.ReadOutcome, (shard, command) =>
            GroupOffsets.Commit(shard, command, name, request));

    /// <summary>Sets the offsets of a group without members, or says what that would do.</summary>
    public async ValueTask<Result<ResetOutcome>> ResetOffsets(
        GroupName name, ResetRequest request, IdempotencyToken? token = null)
    {
        bool needsTime = request.Target is { Offset: null, Shift: null, Time: > 0 and < long.MaxValue };
        Dictionary<int, long>? places = needsTime ? await TryFindTime(name.Stream.Address, request.Target.Time) : [];
        if (places is null) return BrokerError.TierUnavailable;
        return await Submit<ResetOutcome>(token, GroupOffsets.ReadReset, (shard, command) =>
            GroupOffsets.Reset(shard, command, name, (request, places)));
    }

    /// <summary>A member leaves, and its partitions go to the others at once. Also answers MemberNotFound.</summary>
    public ValueTask<BrokerError> LeaveGroup(GroupName name, string member) =>
        Submit((shard, command) => GroupMembership.Leave(shard, command, name, member));

    private static GroupDescription ReadFromDisk(GroupDescription group) => group with
    {
        Partitions = [.. group.Partitions.Select(static partition => partition.ReadFromDisk())],
    };
}
