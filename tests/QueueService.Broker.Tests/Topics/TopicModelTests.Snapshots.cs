using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Topics;

/// <summary>Snapshots among the random operations: a copy of the set of what was done with.</summary>
public sealed partial class TopicModelTests
{
    private void TakeSnapshot(Follower follower, SeededRandom random)
    {
        string name = $"s{random.Next(3)}";
        bool exists = follower.Snapshots.TryGetValue(name, out (int[] Done, long Until) known) && known.Until > Now;
        if (exists && random.Next(2) == 0)
        {
            Assert.Equal(
                BrokerError.None,
                _topic.Harness.Run(
                    () => _topic.Broker.DeleteSnapshot(TopicFixture.Snapshot(follower.Name, name), Precondition.None)));
            exists = false;
        }

        Result<SnapshotChange> change =
            _topic.Harness.Run(
                () => _topic.Broker.PutSnapshot(TopicFixture.Snapshot(follower.Name, name), Precondition.None));
        Assert.Equal(!exists, change.Value.Created);
        if (!exists) follower.Snapshots[name] = ([.. follower.Done], Now + (RetentionSeconds * 1000L));
    }

    /// <summary>Its own, or that of a follower without a filter.</summary>
    private void SeekSnapshot(Follower follower, SeededRandom random)
    {
        Follower owner = random.Next(2) == 0 ? follower : _followers[random.Next(_followers.Count)];
        string name = $"s{random.Next(3)}";
        bool exists = owner.Snapshots.TryGetValue(name, out (int[] Done, long Until) known) && known.Until > Now;
        BrokerError error = _topic.Harness.Run(() => _topic.Broker.Seek(
            TopicFixture.Name(follower.Name), TopicFixture.Snapshot(owner.Name, name))).Error;
        if (!exists) Assert.Equal(BrokerError.SnapshotNotFound, error);
        else if (owner != follower && owner.Filter is not null) Assert.Equal(BrokerError.SnapshotIsFiltered, error);
        else Assert.Equal(BrokerError.None, error);
        if (error != BrokerError.None) return;
        follower.Replayed = null;
        follower.Leases.Clear();
        follower.Done.Clear();
        follower.Done.UnionWith(known.Done);
    }
}
