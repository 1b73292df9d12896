using QueueService.Aws.Sns;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;

namespace QueueService.Server.Webhooks;

/// <summary>Asks the owner of an endpoint of SNS whether he wants a subscription, or tells him that it has ended, and
/// ends it with its token. After a restart he is asked again: it is not known whether he was.</summary>
internal sealed class OwnerInquiry(SubscriptionName name, BrokerHost host)
{
    private string? _token;
    private int _attempts;
    private DateTimeOffset _next;

    /// <summary>Makes the next attempt when it is due.</summary>
    /// <param name="etag">Of the definition that the form is from.</param>
    /// <param name="abort">Not the end of the definition: an owner may confirm before he answers the request that asks
    /// him.</param>
    /// <returns>How long to wait until something is to be done again; null: the subscription is over.</returns>
    public async Task<TimeSpan?> Step(SnsForm form, string etag, CancellationToken abort)
    {
        DateTimeOffset now = host.Time.GetUtcNow();
        var end = DateTimeOffset.FromUnixTimeMilliseconds(form.Subscription.TokenExpiresAt);
        if (now >= end)
        {
            BrokerError error =
                await host.Broker.DeleteSubscription(name, new Precondition([etag], MustNotExist: false));
            return error is BrokerError.None or BrokerError.SubscriptionNotFound ? null : TimeSpan.FromSeconds(1);
        }

        if (_token != form.Subscription.Token) (_token, _attempts, _next) = (form.Subscription.Token, 0, now);
        if (now < _next) return Sooner(_next, end) - now;
        WebhookAttempt attempt = await Attempt(form, now, abort);
        RetryPhases phases = form.Policy.Retries ?? RetryPhases.Default;
        bool isLast = attempt.Succeeded || attempt.IsRefusal || ++_attempts > phases.NumRetries;
        now = host.Time.GetUtcNow();
        _next = isLast ? DateTimeOffset.MaxValue : now + phases.DelayBefore(_attempts);
        return Sooner(_next, end) - now;
    }

    private async Task<WebhookAttempt> Attempt(SnsForm form, DateTimeOffset now, CancellationToken abort)
    {
        EndpointUrl url = EndpointUrl.Parse(form.Subscription.Endpoint, out string? refusal)
            ?? throw new InvalidOperationException(refusal);
        WebhookPayload payload = SnsWebhook.Confirmation(form, now);
        await host.Webhooks.Turns.Enter(abort);
        try
        {
            return await host.Webhooks.Transport.Send(
                new WebhookRequest(url, HttpMethod.Post, payload.Headers, payload.Body), abort);
        }
        finally
        {
            host.Webhooks.Turns.Leave(0);
        }
    }

    private static DateTimeOffset Sooner(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
