using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Server.Topics.Live;

/// <summary>What a reader wants of a feed.</summary>
internal abstract class FeedFilter
{
    /// <summary>To decide, it has to see the message, and not only where it is.</summary>
    public abstract bool NeedsMessage { get; }

    /// <param name="next">Has a message.</param>
    public abstract bool Matches(FeedEvent next);

    public abstract bool Matches(in MessageView message);
}

/// <summary>The filter of a subscription.</summary>
internal sealed class MessageFilter(MessageMatcher matcher) : FeedFilter
{
    public override bool NeedsMessage => true;

    public override bool Matches(FeedEvent next) => next.Message is null || matcher.Matches(next.Message);

    public override bool Matches(in MessageView message) => matcher.Matches(in message);
}
