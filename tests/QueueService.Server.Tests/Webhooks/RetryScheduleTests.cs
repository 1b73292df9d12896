using QueueService.Broker.Queues;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Tests.Webhooks;

public sealed class RetryScheduleTests
{
    private static readonly double[] Seconds = [0, 5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

    [Fact]
    public void The_default_delays_lie_within_a_fifth_of_the_schedule_and_differ_between_deliveries()
    {
        for (int attempt = 1; attempt <= Seconds.Length; attempt++)
        {
            double expected = Seconds[attempt - 1];
            double[] delays =
            [
                .. Enumerable.Range(0, 500)
                    .Select(n => RetrySchedule.Default.DelayBefore($"d{n}", attempt).TotalSeconds),
            ];
            Assert.All(delays, delay => Assert.InRange(delay, expected * 0.8, expected * 1.2));
            if (attempt == 1) continue;
            Assert.InRange(delays.Average(), expected * 0.97, expected * 1.03);
            Assert.True(delays.Min() < expected * 0.82 && delays.Max() > expected * 1.18);
        }
    }

    [Fact]
    public void A_delay_is_the_same_whenever_it_is_asked_for()
    {
        Assert.Equal(RetrySchedule.Default.DelayBefore("d", 3), RetrySchedule.Default.DelayBefore("d", 3));
        // Fixed for ever: a delivery that waits across an upgrade keeps its time.
        Assert.Equal(46_383_377, RetrySchedule.Default.DelayBefore("AAAAAQAAAAAAAAAq", 2).Ticks);
    }

    [Fact]
    public void After_the_eleventh_attempt_a_delivery_is_given_up()
    {
        Assert.Equal(NextStep.Retry, After(10, Failed).Step);
        Assert.Equal(NextStep.GiveUp, After(11, Failed).Step);
        Assert.Equal(NextStep.Delivered, After(11, Of(AttemptOutcome.Succeeded, 204)).Step);
    }

    [Fact]
    public void A_receiver_that_is_gone_disables_its_subscription_and_a_redirect_is_a_failure()
    {
        Assert.Equal(NextStep.Disable, After(1, Of(AttemptOutcome.Gone, 410)).Step);
        Assert.Equal(NextStep.Retry, After(1, Of(AttemptOutcome.Redirect, 302)).Step);
    }

    [Fact]
    public void Retry_After_moves_the_next_attempt_back_but_never_forward()
    {
        WebhookAttempt asked = Failed with { RetryAfter = TimeSpan.FromHours(1) };
        Assert.Equal(TimeSpan.FromHours(1), After(1, asked).Delay);
        TimeSpan late = After(7, asked).Delay;
        Assert.Equal(RetrySchedule.Default.DelayBefore("d", 8), late);
        Assert.True(late > TimeSpan.FromHours(1));
    }

    [Fact]
    public void A_subscription_may_have_its_own_delays_and_number_of_attempts()
    {
        RetrySchedule own = new()
        {
            Policy = new RetryPolicy { Kind = RetryKind.Exponential, MinSeconds = 2, MaxSeconds = 10 }, MaxAttempts = 5,
        };
        Assert.Equal([0, 2, 4, 8, 10], Enumerable.Range(1, 5).Select(n => own.DelayBefore("d", n).TotalSeconds));
        Assert.Equal(NextStep.GiveUp, own.After("d", 5, Failed).Step);
        RetrySchedule none = new() { Policy = RetryPolicy.None, MaxAttempts = 2 };
        Assert.Equal(new AttemptVerdict(NextStep.Retry, TimeSpan.Zero), none.After("d", 1, Failed));
        RetryPolicy jitter = own.Policy with { Kind = RetryKind.Fixed, JitterThousandths = 500 };
        RetrySchedule jittery = own with { Policy = jitter };
        Assert.All(
            Enumerable.Range(0, 100), n => Assert.InRange(jittery.DelayBefore($"d{n}", 4).TotalSeconds, 1.0, 3.0));
        Assert.Equal(24, new RetrySchedule { MaxAttempts = 50 }.DelayBefore("d", 40).TotalHours, tolerance: 4.8);
    }

    private static WebhookAttempt Failed => Of(AttemptOutcome.Status, 500);

    private static AttemptVerdict After(int attempt, WebhookAttempt result) =>
        RetrySchedule.Default.After("d", attempt, result);

    private static WebhookAttempt Of(AttemptOutcome outcome, int status) => new()
    {
        StartedAt = 0, Method = "POST", Url = "http://x/", RequestHeaders = [], RequestBody = default,
        RequestBodyBytes = 0, Outcome = outcome, Status = status,
        Timings = new AttemptTimings { Total = TimeSpan.Zero },
    };
}
