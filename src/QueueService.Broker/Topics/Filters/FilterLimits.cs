namespace QueueService.Broker.Topics.Filters;

/// <summary>What a filter may be. SNS's own limits are quoted; every policy that SNS takes within these fits.</summary>
public static class FilterLimits
{
    /// <summary>Bytes of the filter's JSON. It is part of the definition of its subscription, which each change writes
    /// again. SNS: 256 KiB, but at most 150 values.</summary>
    public const int FilterBytes = 64 << 10;

    /// <summary>Keys below each other in a policy on bodies, and `$or` within `$or`. Deeper ones were never seen; what
    /// a message costs grows with it.</summary>
    public const int Depth = 5;

    /// <summary>Keys with conditions. SNS: 5.</summary>
    public const int Keys = 50;

    /// <summary>The numbers of values of all keys, multiplied; the branches of `$or` add. SNS: 150, also multiplied by
    /// the depth of each key.</summary>
    public const int Combinations = 1_500;

    /// <summary>Values of all keys together, those within `anything-but` included: bounds what evaluating one filter
    /// costs.</summary>
    public const int Values = 1_500;

    /// <summary>Bytes of a key. SNS's names of attributes have 256 characters.</summary>
    public const int KeyBytes = 256;

    /// <summary>Bytes of a string to compare with: ids, types and paths, not documents.</summary>
    public const int TextBytes = 1_024;

    /// <summary>Asterisks in one pattern. As SNS.</summary>
    public const int Wildcards = 3;

    /// <summary>Of all patterns: one with one asterisk counts 1, one with more counts 3 for each. As SNS.</summary>
    public const int WildcardPoints = 100;

    /// <summary>Digits of a number: a double tells all numbers with so many apart. SNS: within ±10⁹, 5
    /// decimals.</summary>
    public const int Digits = 15;

    /// <summary>Bytes of a routing key or of a pattern for them. As AMQP's short string.</summary>
    public const int RoutingKeyBytes = 255;
}
