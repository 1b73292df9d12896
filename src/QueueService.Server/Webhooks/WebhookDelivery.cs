using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;

namespace QueueService.Server.Webhooks;

/// <summary>What lets one attempt through; each part is given back when the attempt ends.</summary>
internal sealed record DeliveryPass(WebhookEndpoint Endpoint, EndpointGate Gate, CircuitPermit Permit);

/// <summary>One attempt to deliver one message, and what it leads to.</summary>
/// <param name="number">Of the attempt: 1 for the first.</param>
internal sealed class WebhookDelivery(
    SubscriptionName subscription, WebhookMessage message, ReceiptHandle receipt, int number)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task Run(DeliveryPass pass, BrokerHost host, ILogger log, CancellationToken abort)
    {
        try
        {
            WebhookAttempt attempt = await Attempt(pass, host.Webhooks, host.Time, abort);
            await Report(pass.Endpoint, attempt, host, log);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // It is not known what the endpoint got: the same attempt is made again.
            await host.Broker.GiveBack(subscription, [receipt], 0);
        }
        catch (Exception mistake)
        {
            // A root: the message is tried again later, and the subscription goes on.
            log.DeliveryFailed(message.Id, subscription.ToString(), mistake);
            TimeSpan delay = pass.Endpoint.Schedule.DelayBefore(message.Id, number + 1);
            await host.Broker.Settle(
                subscription.Address, Settlement.Release, [receipt], (long)delay.TotalMilliseconds);
        }
    }

    private async Task<WebhookAttempt> Attempt(
        DeliveryPass pass, WebhookHost webhooks, TimeProvider time, CancellationToken abort)
    {
        WebhookTally tally = webhooks.TallyOf(subscription.Address);
        tally.Begin();
        bool? failed = null;
        try
        {
            WebhookRequest request = pass.Endpoint.Request(message, time.GetUtcNow());
            WebhookAttempt attempt = await webhooks.Transport.Send(request, abort);

            // The receiver closed an idle connection just when it was taken: that says nothing about the message.
            if (attempt is { Outcome: AttemptOutcome.Reset, IsConnectionReused: true })
                attempt = await webhooks.Transport.Send(request, abort);
            failed = attempt.IsHostFailing;
            tally.Add(attempt);
            return attempt;
        }
        finally
        {
            tally.End();
            webhooks.Circuits.Report(pass.Permit, failed);
            pass.Gate.Leave();
            webhooks.Turns.Leave(message.Body.Length);
        }
    }

    private async Task Report(WebhookEndpoint endpoint, WebhookAttempt attempt, BrokerHost host, ILogger log)
    {
        AttemptVerdict verdict = endpoint.Schedule.After(message.Id, number, attempt);
        DeliveryResult result = verdict.Step switch
        {
            NextStep.Delivered => DeliveryResult.Delivered,
            NextStep.Retry => DeliveryResult.Retry,
            NextStep.Disable => DeliveryResult.Gone,
            _ => DeliveryResult.Exhausted,
        };
        long? next =
            result == DeliveryResult.Retry ? (host.Time.GetUtcNow() + verdict.Delay).ToUnixTimeMilliseconds() : null;
        DeliveryReport report = new(
            receipt, number, result, (long)verdict.Delay.TotalMilliseconds,
            AttemptDetails.Of(attempt, message.Id, next).ToBoundedJson());
        if (endpoint.IsSns)
        {
            // SNS disables nobody, and a message that is given up early is a dead letter at once.
            report = report with { MaxFailingMilliseconds = long.MaxValue };
            if (result == DeliveryResult.Exhausted) await host.Broker.GiveUp(subscription, [receipt], "exhausted");
        }

        DeliveryOutcome outcome = await host.Broker.Report(subscription, report);
        while (outcome.Error == BrokerError.ShuttingDown && host.Health is BrokerHealth.Ready or BrokerHealth.DiskFull)
        {
            // Too much work waited: the report was not taken, and the endpoint has had the message.
            await Task.Delay(Pause, host.Time, CancellationToken.None);
            outcome = await host.Broker.Report(subscription, report);
        }

        if (outcome.Disabled is { } reason) log.SubscriptionDisabled(subscription.ToString(), reason);
    }
}
