using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace QueueService.Aws.Auth;

/// <summary>A key of a condition: it holds when the request's value of the key is as one of the values says. All keys
/// that requests have here have one value, so ForAnyValue and ForAllValues differ only where a key is missing.
/// </summary>
/// <param name="WhenMissing">Whether it holds for a request that has no such key.</param>
internal sealed record PolicyCondition(
    ConditionOperator Operator, string Key, IReadOnlyList<string> Values, bool WhenMissing)
{
    public bool Holds(AccessRequest request)
    {
        string? actual = request.Find(Key);
        if (Operator.IsNull)
            return Values.Contains(actual is null ? "true" : "false", StringComparer.OrdinalIgnoreCase);
        if (actual is null) return WhenMissing;
        foreach (string value in Values)
            if (Operator.Matches(actual, value)) return !Operator.IsNegated;
        return Operator.IsNegated;
    }
}

/// <summary>How a condition compares: the value of the request with one of the policy.</summary>
/// <param name="IsValue">Whether a text can be a value of the policy.</param>
internal sealed record ConditionOperator(
    Func<string, string, bool> Matches, Func<string, bool> IsValue, bool IsNegated = false)
{
    private const string OrMissing = "IfExists";
    private const string AnyValue = "ForAnyValue:";
    private const string AllValues = "ForAllValues:";

    private static readonly FrozenDictionary<string, ConditionOperator> Known = CreateAll();

    public bool IsNull { get; private init; }

    /// <summary>Finds `StringLike`, also as `ForAnyValue:StringLikeIfExists`.</summary>
    /// <param name="whenMissing">Whether a condition with it holds for a key that the request does not have.</param>
    public static ConditionOperator? Find(string name, out bool whenMissing)
    {
        bool any = name.StartsWith(AnyValue, StringComparison.OrdinalIgnoreCase);
        bool all = name.StartsWith(AllValues, StringComparison.OrdinalIgnoreCase);
        if (any || all) name = name[(any ? AnyValue : AllValues).Length..];
        bool ifExists = name.EndsWith(OrMissing, StringComparison.OrdinalIgnoreCase);
        if (ifExists) name = name[..^OrMissing.Length];
        ConditionOperator? found = Known.GetValueOrDefault(name);
        if (ifExists && found is { IsNull: true }) found = null;
        whenMissing = ifExists || all || (!any && found is { IsNegated: true });
        return found;
    }

    private static FrozenDictionary<string, ConditionOperator> CreateAll()
    {
        Dictionary<string, ConditionOperator> all = new(StringComparer.OrdinalIgnoreCase);
        void Add(string name, string? negated, ConditionOperator compares)
        {
            all.Add(name, compares);
            if (negated is not null) all.Add(negated, compares with { IsNegated = true });
        }

        static bool IsAny(string value) => true;
        Add("StringEquals", "StringNotEquals", new(string.Equals, IsAny));
        Add("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", new(
            static (actual, value) => actual.Equals(value, StringComparison.OrdinalIgnoreCase), IsAny));
        Add("StringLike", "StringNotLike", new(static (actual, value) => Wildcard.Matches(value, actual), IsAny));
        Add("BinaryEquals", null, new(string.Equals, IsAny));
        Add("Bool", null, new(
            static (actual, value) => actual.Equals(value, StringComparison.OrdinalIgnoreCase), IsFlag));
        Add("Null", null, new(static (_, _) => false, IsFlag) { IsNull = true });
        Add("ArnEquals", "ArnNotEquals", new(MatchArn, IsArn));
        Add("ArnLike", "ArnNotLike", new(MatchArn, IsArn));
        Add("IpAddress", "NotIpAddress", new(MatchAddress, static value => TryReadNetwork(value, out _)));
        AddOrdered(all, "Numeric", static text => decimal.TryParse(
            text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number : null);
        AddOrdered(all, "Date", ReadTime);
        return all.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    private static void AddOrdered(
        Dictionary<string, ConditionOperator> all, string type, Func<string, decimal?> read)
    {
        void Add(string name, Func<int, bool> holds, bool isNegated = false) => all.Add(type + name, new(
            (actual, value) => read(actual) is { } one && read(value) is { } other && holds(one.CompareTo(other)),
            value => read(value) is not null, isNegated));

        Add("Equals", static order => order == 0);
        Add("NotEquals", static order => order == 0, isNegated: true);
        Add("LessThan", static order => order < 0);
        Add("LessThanEquals", static order => order <= 0);
        Add("GreaterThan", static order => order > 0);
        Add("GreaterThanEquals", static order => order >= 0);
    }

    /// <summary>ISO 8601, or seconds of Unix time.</summary>
    private static decimal? ReadTime(string text)
    {
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds))
            return seconds;
        return DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time.ToUnixTimeMilliseconds() / 1000m
            : null;
    }

    private static bool IsFlag(string value) => bool.TryParse(value, out _);

    private static bool IsArn(string value) =>
        value == "*" || (value.StartsWith("arn:", StringComparison.Ordinal) && value.Split(':', 6).Length == 6);

    /// <summary>A star stays within its part of the ARN.</summary>
    private static bool MatchArn(string actual, string pattern)
    {
        if (pattern == "*") return true;
        string[] parts = actual.Split(':', 6);
        string[] patterns = pattern.Split(':', 6);
        return parts.Length == patterns.Length
            && parts.Zip(patterns).All(static pair => Wildcard.Matches(pair.Second, pair.First));
    }

    private static bool MatchAddress(string actual, string value) =>
        TryReadNetwork(value, out IPNetwork network)
        && IPAddress.TryParse(actual, out IPAddress? address) && network.Contains(address);

    private static bool TryReadNetwork(string value, out IPNetwork network)
    {
        network = default;
        string[] parts = value.Split('/');
        if (parts.Length > 2 || !IPAddress.TryParse(parts[0], out IPAddress? address)) return false;
        // 10.1 and 0x0a.1 are addresses for the parser, and most likely a mistake in a policy.
        bool isPlain = address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == parts[0];
        int bits = address.GetAddressBytes().Length * 8;
        int length = bits;
        if (!isPlain || (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, null, out length))
            || length > bits) return false;
        network = new IPNetwork(address, length);
        return true;
    }
}
