using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

internal sealed record ListSubscriptionsRequest(string? NextToken);

internal sealed record ListedSubscription(
    string SubscriptionArn, string Owner, string Protocol, string Endpoint, string TopicArn)
{
    private const string Pending = "PendingConfirmation";

    /// <summary>Null for one that AWS does not list: it was ended, or it goes where AWS has no name for.</summary>
    public static ListedSubscription? Of(AwsCall call, QueueDescription subscription, QueueConfig topic)
    {
        SubscriptionState? state = SubscriptionList.StateOf(subscription.Config, call.Host.Time);
        if (state is null or SubscriptionState.Deleted) return null;
        (string protocol, string endpoint) = SubscriptionView.Goal(call.Host, subscription.Config);
        var name = SubscriptionName.At(subscription.Name);
        SnsNaming naming = call.Host.Sns.Naming;
        return new ListedSubscription(
            state == SubscriptionState.Pending ? Pending : naming.ArnOf(name, topic), call.Options.AccountId, protocol,
            endpoint, naming.ArnOf(name.Topic, topic));
    }
}

internal sealed record ListSubscriptionsResult(List<ListedSubscription> Subscriptions, string? NextToken);

/// <summary>The subscriptions of all topics, a hundred a page.</summary>
internal static class ListSubscriptions
{
    /// <summary>Between the names of topic and subscription in a token; in no name.</summary>
    private const char Separator = '/';

    /// <summary>Topics looked at for a page: a page of few subscriptions among many topics still has an end.</summary>
    private const int MaxTopics = 1_000;

    public static async ValueTask<Reply<ListSubscriptionsResult>> Handle(AwsCall call, ListSubscriptionsRequest request)
    {
        if (PageTokens.Read(request.NextToken, out string? token) is { } refused) return refused;
        string[] place = token?.Split(Separator) ?? [];
        List<ListedSubscription> listed = [];
        int topics = 0;
        if (place is [var begun, { Length: > 0 } last] && TopicName.TryParse(begun, out TopicName first))
        {
            Result<QueueDescription> topic = await call.Broker.GetTopic(first);
            if (topic.Succeeded && await Fill(call, topic.Value, last, listed) is { } next)
                return new ListSubscriptionsResult(listed, PageTokens.Write(next));
        }

        for (string? after = place.Length > 0 ? place[0] : null; ;)
        {
            Result<QueuePage> page = await call.Broker.ListTopics("", after, SnsLimits.PageItems);
            if (!page.Succeeded) return SnsErrors.Of(page.Error);
            foreach (QueueDescription topic in page.Value.Queues)
            {
                after = TopicName.At(topic.Name).Value;
                if (topic.Subscriptions > 0 && await Fill(call, topic, null, listed) is { } next)
                    return new ListSubscriptionsResult(listed, PageTokens.Write(next));
                if (++topics >= MaxTopics)
                    return new ListSubscriptionsResult(listed, PageTokens.Write($"{after}{Separator}"));
            }

            if (page.Value.Next is null) return new ListSubscriptionsResult(listed, null);
        }
    }

    /// <summary>Adds the subscriptions of one topic; answers where the next page begins when this one is
    /// full.</summary>
    private static async ValueTask<string?> Fill(
        AwsCall call, QueueDescription topic, string? after, List<ListedSubscription> listed)
    {
        var name = TopicName.At(topic.Name);
        await foreach (Result<QueueDescription> one in SubscriptionList.All(call.Broker, name, after))
        {
            if (!one.Succeeded) break;
            if (ListedSubscription.Of(call, one.Value, topic.Config) is not { } subscription) continue;
            listed.Add(subscription);
            if (listed.Count == SnsLimits.PageItems)
                return $"{name.Value}{Separator}{SubscriptionName.At(one.Value.Name).Value}";
        }

        return null;
    }
}
