using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Topics.Live;

/// <summary>A reader of a topic or a stream that follows it from a place on, until one of them ends.</summary>
/// <param name="From">Where the reader begins.</param>
/// <param name="End">Of the topic, now or a moment ago.</param>
internal sealed record LiveReading(TopicName Topic, TopicCursor From, TopicCursor End)
{
    /// <summary>Null for a reader who wants everything.</summary>
    public FeedFilter? Filter { get; init; }

    /// <summary>The id that it came with is not of this topic: what it missed is unknown.</summary>
    public bool BeginsWithGap { get; init; }

    /// <summary>What the reader is sent first, instead of its first id; answers false when it has gone.</summary>
    public Func<LiveResponse, ValueTask<bool>>? Greeting { get; init; }

    /// <summary>Lets a reader in, unless there is a problem, the server stops, or there are as many as may
    /// be.</summary>
    public static async Task Admit(HttpContext http, BrokerHost host, Problem? problem, Func<Task> follow)
    {
        if (problem is null && host.Topics.IsDraining) problem = new Problem(ProblemKind.ShuttingDown);
        if (problem is null && !host.Topics.TryEnter()) problem = new Problem(ProblemKind.TooManyTopicReaders);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        try
        {
            await follow();
        }
        finally
        {
            host.Topics.Leave();
        }
    }

    public async Task Run(HttpContext http, BrokerHost host)
    {
        TopicFeed feed = host.Topics.Join(Topic, End);
        FeedPlace place = new(From, Filter?.NeedsMessage == true);
        feed.Enter(place);
        try
        {
            await new TopicReader(http, host, feed, place)
            {
                Filter = Filter, BeginsWithGap = BeginsWithGap, Greeting = Greeting,
            }.Run();
        }
        finally
        {
            feed.Leave(place);
            await host.Topics.Part(feed);
        }
    }
}
