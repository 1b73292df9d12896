using QueueService.Broker.Topics;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Topics;

/// <summary>Replays among the random operations: what was published in a time is not done with any more.</summary>
public sealed partial class TopicModelTests
{
    private void Replay(Follower follower, SeededRandom random)
    {
        if (_published.Count == 0) return;
        long from = _published[random.Next(_published.Count)].At;
        long? until = random.Next(3) == 0 ? null : _published[random.Next(_published.Count)].At;
        Result<ReplayState> result = _topic.Harness.Run(() =>
            _topic.Broker.BeginReplay(TopicFixture.Name(follower.Name), new ReplayRequest(from, until)));
        Assert.Equal(BrokerError.None, result.Error);
        follower.Replayed = [.. _published
            .Where(message => message.At >= from && message.At <= (until ?? long.MaxValue))
            .Select(static message => message.Index)];
        follower.Leases.Clear();
        follower.Done.ExceptWith(follower.Replayed);
    }

    private void EndReplay(Follower follower)
    {
        Assert.Equal(
            BrokerError.None, _topic.Harness.Run(() => _topic.Broker.EndReplay(TopicFixture.Name(follower.Name))));
        if (follower.Replayed is null) return;
        follower.Done.UnionWith(follower.Replayed);
        follower.Replayed = null;
        follower.Leases.Clear();
    }
}
