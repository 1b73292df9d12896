using QueueService.Aws.Sns;

namespace QueueService.Server.Tests.Aws.Sns;

public sealed class DeliveryPolicyTests
{
    [Fact]
    public void Without_a_policy_there_are_three_retries_20_seconds_apart() =>
        Assert.Equal([20, 20, 20], Delays(RetryPhases.Default));

    [Fact]
    public void The_four_phases_follow_each_other()
    {
        DeliveryPolicy policy = Read(
            """
            {"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":25,"numRetries":9,"numNoDelayRetries":2,
            "numMinDelayRetries":1,"numMaxDelayRetries":1,"backoffFunction":"linear"}}
            """);
        Assert.Equal([0, 0, 5, 5, 10, 15, 20, 25, 25], Delays(policy.Retries!));
    }

    [Theory]
    [InlineData("linear", new double[] { 10, 40, 70, 100 })]
    [InlineData("arithmetic", new double[] { 10, 25, 55, 100 })]
    [InlineData("geometric", new[] { 10, 21.54, 46.42, 100 })]
    [InlineData("exponential", new[] { 10, 22.86, 48.57, 100 })]
    public void Each_function_goes_from_the_shortest_to_the_longest_wait(string function, double[] expected)
    {
        DeliveryPolicy policy = Read(
            $$"""
            {"healthyRetryPolicy":{"minDelayTarget":10,"maxDelayTarget":100,"numRetries":4,"backoffFunction":"{{function}}"} }
            """);
        Assert.Equal(expected, Delays(policy.Retries!).Select(static delay => Math.Round(delay, 2)));
    }

    [Theory]
    [InlineData("""{"healthyRetryPolicy":{"numRetries":101}}""", "numRetries")]
    [InlineData("""{"healthyRetryPolicy":{"minDelayTarget":30,"maxDelayTarget":20}}""", "minDelayTarget")]
    [InlineData("""{"healthyRetryPolicy":{"numRetries":1,"numNoDelayRetries":2}}""", "numNoDelayRetries")]
    [InlineData("""{"healthyRetryPolicy":{"backoffFunction":"cubic"}}""", "backoffFunction")]
    [InlineData("""{"healthyRetryPolicy":{"minDelayTarget":100,"maxDelayTarget":100,"numRetries":37}}""", "3600")]
    [InlineData("""{"healthyRetryPolicy":{"retries":1}}""", "retries")]
    [InlineData("""{"throttlePolicy":{"maxReceivesPerSecond":0}}""", "maxReceivesPerSecond")]
    [InlineData("""{"requestPolicy":{"headerContentType":"a\nb"}}""", "headerContentType")]
    [InlineData("nonsense", "parse")]
    public void A_policy_past_a_limit_is_refused_by_name(string json, string named)
    {
        Assert.Null(DeliveryPolicyReader.Read(json, ofTopic: false, out string? refusal));
        Assert.Contains(named, refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void The_policy_of_a_subscription_counts_unless_its_topic_forbids_it()
    {
        DeliveryPolicy own = Read("""{"healthyRetryPolicy":{"numRetries":7}}""");
        DeliveryPolicy topic = ReadTopic("""{"http":{"defaultHealthyRetryPolicy":{"numRetries":1}}}""");
        DeliveryPolicy strict = ReadTopic(
            """{"http":{"defaultHealthyRetryPolicy":{"numRetries":1},"disableSubscriptionOverrides":true}}""");
        Assert.Equal(7, DeliveryPolicy.Effective(topic, own).Retries!.NumRetries);
        Assert.Equal(1, DeliveryPolicy.Effective(strict, own).Retries!.NumRetries);
        Assert.Equal(1, DeliveryPolicy.Effective(topic, DeliveryPolicy.None).Retries!.NumRetries);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        DeliveryPolicy policy = Read(
            """{"healthyRetryPolicy":{"numRetries":7,"backoffFunction":"geometric"},"throttlePolicy":{"maxReceivesPerSecond":3}}""");
        policy = DeliveryPolicy.Effective(DeliveryPolicy.None, policy);
        string text = DeliveryPolicyWriter.OfSubscription(policy);
        Assert.Equal(policy, Read(text));
        Assert.Equal(policy, ReadTopic(DeliveryPolicyWriter.OfTopic(policy)));
    }

    private static IEnumerable<double> Delays(RetryPhases phases) =>
        Enumerable.Range(1, phases.NumRetries).Select(retry => phases.DelayBefore(retry).TotalSeconds);

    private static DeliveryPolicy Read(string json) => DeliveryPolicyReader.Read(json, ofTopic: false, out _)!;

    private static DeliveryPolicy ReadTopic(string json) => DeliveryPolicyReader.Read(json, ofTopic: true, out _)!;
}
