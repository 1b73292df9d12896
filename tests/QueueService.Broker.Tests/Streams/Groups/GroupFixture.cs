using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;

namespace QueueService.Broker.Tests.Streams.Groups;

/// <summary>A broker with the stream "clicks" and calls of its group "billing".</summary>
internal sealed class GroupFixture : IDisposable
{
    private readonly StreamFixture _stream = new();

    public GroupFixture(int partitions, Durability durability = Durability.Fsync) =>
        _stream.Create(StreamFixture.Config(partitions) with { Durability = durability });

    public static GroupName Group { get; } = Named("billing");

    public StreamFixture Stream => _stream;

    public BrokerHarness Harness => _stream.Harness;

    public MessageBroker Broker => _stream.Broker;

    public static GroupName Named(string name) =>
        GroupName.TryParse(StreamFixture.Stream, name, out GroupName group) ? group : throw new ArgumentException(name);

    public static PartitionOffsets Offsets(params (int Partition, long Offset)[] places)
    {
        var offsets = new PartitionOffsets();
        foreach ((int partition, long offset) in places) offsets[partition] = offset;
        return offsets;
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Appends to one partition.</summary>
    public void Append(int partition, params string[] bodies)
    {
        using MessageBatch batch = MessageBatch.Rent();
        foreach (string body in bodies)
        {
            batch.Add(
                MessageHeaders.None, System.Text.Encoding.UTF8.GetBytes(body),
                new SendOptions { Partition = partition });
        }

        Assert.True(Harness.Run(() => Broker.Append(StreamFixture.Stream, batch)).Succeeded);
    }

    public void Put(GroupConfig config, GroupName? name = null) =>
        Assert.True(Harness.Run(() => Broker.PutGroup(name ?? Group, config, Precondition.None)).Succeeded);

    public Polled Poll(string member, int max = 100) => Poll(new PollRequest(member, max));

    public Polled Poll(PollRequest request, GroupName? name = null)
    {
        Result<PollAnswer> result = TryPoll(request, name);
        Assert.Equal(BrokerError.None, result.Error);
        return Read(result.Value);
    }

    public Result<PollAnswer> TryPoll(PollRequest request, GroupName? name = null) =>
        Harness.Run(() => Broker.Poll(name ?? Group, request, CancellationToken.None));

    /// <summary>A poll that is refused, and why.</summary>
    public BrokerError Refusal(PollRequest request)
    {
        Result<PollAnswer> result = TryPoll(request);
        return result.Succeeded ? result.Value.Refused : result.Error;
    }

    /// <summary>Starts a poll and lets it wait.</summary>
    public Task<Result<PollAnswer>> Wait(string member, CancellationToken cancellation = default)
    {
        Task<Result<PollAnswer>> call = BrokerHarness.Begin(() => Broker.Poll(
            Group, new PollRequest(member, 100) { WaitMilliseconds = 60_000 }, cancellation));
        Harness.Turn();
        Assert.False(call.IsCompleted);
        return call;
    }

    public static Polled Read(PollAnswer answer)
    {
        using (answer)
        {
            Assert.Equal(BrokerError.None, answer.Refused);
            return new Polled(
                answer.Generation, [.. answer.Assignment], [.. answer.Revoked],
                [.. StreamFixture.Bodies(answer.Records!)], answer.NextOffsets, answer.Gaps, answer.Lag);
        }
    }

    public BrokerError Commit(string? member, long? generation, params (int, long)[] offsets)
    {
        Result<CommitOutcome> result = Harness.Run(() => Broker.Commit(
            Group, new CommitRequest(member, generation, Offsets(offsets))));
        return result.Succeeded ? result.Value.Refused : result.Error;
    }

    public BrokerError Leave(string member) => Harness.Run(() => Broker.LeaveGroup(Group, member));

    public Result<ResetOutcome> Reset(OffsetTarget target, bool dryRun = false, params int[] partitions) =>
        Harness.Run(() => Broker.ResetOffsets(
            Group, new ResetRequest(target, partitions.Length == 0 ? null : partitions, dryRun)));

    public GroupDescription Describe(GroupName? name = null)
    {
        Result<GroupDescription> result = Harness.Run(() => Broker.GetGroup(name ?? Group));
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value;
    }

    /// <summary>The owner of each partition; nobody is an empty text.</summary>
    public string[] Owners() => [.. Describe().Partitions.Select(static partition => partition.Owner ?? "")];

    public void Grow(int partitions) => _stream.Create(StreamFixture.Config(partitions));
}

/// <summary>An answer to a poll as a test sees it.</summary>
internal sealed record Polled(
    long Generation, int[] Assignment, int[] Revoked, string[] Bodies, PartitionOffsets NextOffsets,
    IReadOnlyList<RecordGap> Gaps, long Lag);
