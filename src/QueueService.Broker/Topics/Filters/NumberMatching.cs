namespace QueueService.Broker.Topics.Filters;

/// <summary>Which attributes the numbers of a policy are compared to. In a body only a JSON number is a
/// number.</summary>
public enum NumberMatching
{
    /// <summary>Also to a string that is a number as JSON writes one: attributes sent as HTTP headers are
    /// strings.</summary>
    NumbersInStrings,

    /// <summary>To attributes of type number only, as SNS does.</summary>
    NumbersOnly,
}
